import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';

export interface PrepareOptions {
  /** Directory that the files are written into; created if it is not there. */
  readonly into: string;
  /** Flights in all, rounded up to whole files. There are three million. */
  readonly flights: number;
  readonly flightsPerFile?: number;
}

/**
 * Writes real US flights of 2001 as JSON lines, in the order of their departure: `flights-0001.jsonl` and so on. A file
 * appears under its name only when it is whole, and one that is there already is left as it is, so that it can be run
 * again and beside a job that reads. Answers with the number of files written now.
 */
export async function prepareFlights({ into, flights, flightsPerFile = 50_000 }: PrepareOptions): Promise<number> {
  await mkdir(into, { recursive: true });
  await removeLeftovers(into);
  const file = await asyncBufferFromFile(dataFile);
  const metadata = await parquetMetadataAsync(file);
  const available = Number(metadata.num_rows);
  let written = 0;
  for (let number = 1, from = 0; from < Math.min(flights, available); number += 1, from += flightsPerFile) {
    const path = join(into, `flights-${String(number).padStart(4, '0')}.jsonl`);
    if (await exists(path)) continue;
    const rowEnd = Math.min(from + flightsPerFile, available);
    const rows = await parquetReadObjects({ file, metadata, rowStart: from, rowEnd, compressors });
    await writeWhole(path, `${rows.map(asLine).join('\n')}\n`);
    written += 1;
  }
  return written;
}

const dataFile = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
const compressors = { ZSTD: (input: Uint8Array): Uint8Array => zstdDecompressSync(input) };

function asLine(row: { readonly [column: string]: unknown }): string {
  const { date, delay, distance, origin, destination } = row;
  const departure = (date as Date).toISOString().slice(0, 16);
  return JSON.stringify({ date: departure, delay: Number(delay), distance: Number(distance), origin, destination });
}

async function writeWhole(path: string, text: string): Promise<void> {
  const half = `${path}.${process.pid}.tmp`;
  const file = await open(half, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(half, path);
}

/** Half-written files of a process that was killed; those of one that still writes are young. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > 60_000) await rm(path, { force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
