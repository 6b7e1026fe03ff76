// A state file of format 1, read for ever, written no more: Zstandard-compressed JSON lines. The first line is the
// header, each further line is one row [slot, key, value], ascending by slot and then by the key's JSON text (by UTF-16
// code units), no key twice.
import { createZstdDecompress } from 'node:zlib';
import type { StateRow } from '@tidemark/domain';
import { z } from 'zod';
import type { StateFileV1 } from './manifest-v1.js';

const ROWS_PER_CHUNK = 4_096;
const NEWLINE = 10;

const header = z.strictObject({
  format: z.literal(1),
  operator: z.string(),
  codec: z.strictObject({ name: z.string(), version: z.int() }),
  rows: z.int().nonnegative(),
});
type Header = z.infer<typeof header>;

/**
 * The rows of a state file whose stored bytes were verified already, in chunks. `refuse` makes the error for contents
 * that are not what the manifest says.
 */
export async function* decodeStateV1(
  stored: Uint8Array,
  expected: { readonly uid: string; readonly file: StateFileV1 },
  refuse: (reason: string) => Error,
): AsyncGenerator<readonly StateRow[]> {
  const { uid, file } = expected;
  let head: Header | undefined;
  let previous: StateRow | undefined;
  let count = 0;
  let chunk: StateRow[] = [];
  for await (const line of plainLines(stored, file.plainBytes, refuse)) {
    if (head === undefined) {
      head = readHeader(line, uid, file, refuse);
      continue;
    }
    const row = readRow(line, file, refuse);
    if (previous !== undefined && byPosition(previous, row) >= 0) throw refuse(`row ${count + 1} is out of order`);
    previous = row;
    count += 1;
    chunk.push(row);
    if (chunk.length === ROWS_PER_CHUNK) {
      yield chunk;
      chunk = [];
    }
  }
  if (head === undefined || count !== file.rows) throw refuse(`it holds ${count} rows instead of ${file.rows}`);
  if (chunk.length > 0) yield chunk;
}

/** By slot, then by the key's text. */
function byPosition(a: StateRow, b: StateRow): number {
  if (a.slot !== b.slot) return a.slot - b.slot;
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

function readHeader(line: string, uid: string, file: StateFileV1, refuse: (reason: string) => Error): Header {
  const read = header.safeParse(parseLine(line, refuse));
  if (!read.success) throw refuse('its header is not one of format version 1');
  if (read.data.operator !== uid) throw refuse(`it holds the state of "${read.data.operator}", not of "${uid}"`);
  if (read.data.rows !== file.rows) throw refuse(`its header counts ${read.data.rows} rows instead of ${file.rows}`);
  return read.data;
}

function readRow(line: string, file: StateFileV1, refuse: (reason: string) => Error): StateRow {
  const row = parseLine(line, refuse);
  if (!Array.isArray(row) || row.length !== 3) throw refuse('a row is not [slot, key, value]');
  const [slot, key, value] = row as readonly unknown[];
  if (typeof slot !== 'number' || !Number.isInteger(slot) || slot < file.slots.from || slot >= file.slots.to) {
    throw refuse(`a row has the key slot ${String(slot)}`);
  }
  return { slot, key: JSON.stringify(key), value: JSON.stringify(value) };
}

function parseLine(line: string, refuse: (reason: string) => Error): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw refuse('a line is not JSON');
  }
}

/** Every line must end in a newline, and all lines together must have exactly `plainBytes` bytes. */
async function* plainLines(
  stored: Uint8Array,
  plainBytes: number,
  refuse: (reason: string) => Error,
): AsyncGenerator<string> {
  let bytes = 0;
  let rest: Buffer[] = [];
  for await (const part of decompressed(stored, refuse)) {
    bytes += part.length;
    if (bytes > plainBytes) throw refuse(`it is longer than the ${plainBytes} bytes that the manifest declares`);
    let start = 0;
    for (let end = part.indexOf(NEWLINE); end !== -1; end = part.indexOf(NEWLINE, start)) {
      const tail = part.subarray(start, end);
      yield rest.length === 0 ? tail.toString() : Buffer.concat([...rest, tail]).toString();
      rest = [];
      start = end + 1;
    }
    if (start < part.length) rest.push(part.subarray(start));
  }
  if (bytes !== plainBytes || rest.length > 0) throw refuse(`it has ${bytes} bytes instead of ${plainBytes}`);
}

async function* decompressed(stored: Uint8Array, refuse: (reason: string) => Error): AsyncGenerator<Buffer> {
  const decompress = createZstdDecompress();
  decompress.end(stored);
  try {
    for await (const part of decompress as AsyncIterable<Buffer>) yield part;
  } catch (error) {
    throw refuse(`it cannot be decompressed (${error instanceof Error ? error.message : String(error)})`);
  }
}
