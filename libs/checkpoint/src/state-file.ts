// A state file: Zstandard-compressed JSON lines. The first line is the header, each further line is one row
// [slot, key, value], ascending by slot and then by the key's JSON text (by UTF-16 code units), no key twice.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { KEY_SLOTS, TidemarkError, type StateRow } from '@tidemark/domain';
import { z } from 'zod';
import { FORMAT_VERSION, type StateFile } from './manifest.js';

const PIECE_BYTES = 256 * 1024;
const ROWS_PER_CHUNK = 4_096;
const NEWLINE = 10;

const header = z.strictObject({
  format: z.literal(FORMAT_VERSION),
  operator: z.string(),
  codec: z.strictObject({ name: z.string(), version: z.int() }),
  rows: z.int().nonnegative(),
});
type Header = z.infer<typeof header>;

export interface EncodedState {
  readonly stored: Uint8Array;
  readonly plainBytes: number;
}

/** Throws `state_not_json` for a key or value that is not one line of JSON. Yields to other work as it goes. */
export async function encodeState(
  uid: string,
  codec: Header['codec'],
  rows: readonly StateRow[],
): Promise<EncodedState> {
  const sorted = rows.toSorted(byPosition);
  const first: Header = { format: FORMAT_VERSION, operator: uid, codec, rows: sorted.length };
  let plainBytes = 0;
  async function* pieces(): AsyncGenerator<Buffer> {
    let piece = `${JSON.stringify(first)}\n`;
    for (const [index, row] of sorted.entries()) {
      piece += rowLine(uid, row, sorted[index - 1]);
      if (piece.length >= PIECE_BYTES || index === sorted.length - 1) {
        yield Buffer.from(piece);
        piece = '';
        // Batches of other jobs run in this process too.
        await nextTurn();
      }
    }
    if (piece !== '') yield Buffer.from(piece);
  }
  const stored: Buffer[] = [];
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  await pipeline(
    Readable.from(counted(pieces(), (bytes) => (plainBytes += bytes))),
    compress,
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const part of compressed) stored.push(part);
    },
  );
  return { stored: Buffer.concat(stored), plainBytes };
}

/**
 * The rows of a state file whose stored bytes were verified already, in chunks. `refuse` makes the error for contents
 * that are not what the manifest says.
 */
export async function* decodeState(
  stored: Uint8Array,
  expected: { readonly uid: string; readonly file: StateFile },
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

function rowLine(uid: string, row: StateRow, previous: StateRow | undefined): string {
  if (previous !== undefined && byPosition(previous, row) === 0) {
    throw new TidemarkError('state_not_json', {
      operator: uid,
      key: row.key,
      path: 'key',
      found: 'the same key twice',
    });
  }
  if (!Number.isInteger(row.slot) || row.slot < 0 || row.slot >= KEY_SLOTS) {
    throw new TidemarkError('state_not_json', { operator: uid, key: row.key, path: 'slot', found: `slot ${row.slot}` });
  }
  // The texts come from the sandbox. What is written here must be readable later, so nothing is taken on trust.
  for (const path of ['key', 'value'] as const) {
    if (!isOneLineOfJson(row[path])) {
      throw new TidemarkError('state_not_json', {
        operator: uid,
        key: row.key.slice(0, 200),
        path,
        found: 'text that is not JSON',
      });
    }
  }
  return `[${row.slot},${row.key},${row.value}]\n`;
}

function isOneLineOfJson(text: string): boolean {
  if (text.includes('\n')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readHeader(line: string, uid: string, file: StateFile, refuse: (reason: string) => Error): Header {
  const read = header.safeParse(parseLine(line, refuse));
  if (!read.success) throw refuse('its header is not one of format version 1');
  if (read.data.operator !== uid) throw refuse(`it holds the state of "${read.data.operator}", not of "${uid}"`);
  if (read.data.rows !== file.rows) throw refuse(`its header counts ${read.data.rows} rows instead of ${file.rows}`);
  return read.data;
}

function readRow(line: string, file: StateFile, refuse: (reason: string) => Error): StateRow {
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

async function* counted(pieces: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}
