import { join } from 'node:path';
import { Differences } from './recount/differences.js';
import { ExpectedResults } from './recount/expected-results.js';
import { committedBatches } from './recount/history.js';
import { readFlights } from './recount/input.js';
import { OutputFiles } from './recount/output-files.js';

export interface RecountOptions {
  readonly apiUrl: string;
  /** The tenant's key. */
  readonly key: string;
  readonly jobId: string;
  /** Directory that holds the tenant's files. */
  readonly filesDir: string;
  /** Directories of the job's input and output in it. */
  readonly input?: string;
  readonly output?: string;
}

export interface Recount {
  readonly ok: boolean;
  readonly checked: {
    readonly batches: number;
    readonly flights: number;
    readonly airports: number;
    readonly windows: number;
    readonly rows: number;
  };
  /** One sentence each; the first few of them. */
  readonly differences: readonly string[];
}

/**
 * Counts the input again and holds every row that the job has written against it: none missing, none twice, none wrong.
 * It takes from the service only which bytes each committed batch has read, and shares no code with it. A job that still
 * runs is checked up to its last committed batch.
 */
export async function recount(options: RecountOptions): Promise<Recount> {
  const { filesDir, input = 'flights', output = 'flight-delays' } = options;
  const differences = new Differences();
  const batches = await committedBatches(options, differences);
  const delays = await OutputFiles.open(join(filesDir, output, 'delays'), differences);
  const recent = await OutputFiles.open(join(filesDir, output, 'recent'), differences);
  const expected = new ExpectedResults();
  let flights = 0;
  let rows = 0;
  for (const batch of batches) {
    const read = await readFlights(join(filesDir, input), batch.ranges);
    flights += read.length;
    if (read.length !== batch.recordsIn) {
      differences.add(
        `batch ${batch.batchId} says it read ${batch.recordsIn} flights, and its ranges hold ${read.length}`,
      );
    }
    const results = expected.next(batch.batchTimeMs, read);
    rows += await delays.compare(batch, results.delays);
    rows += await recent.compare(batch, results.recent);
  }
  const last = batches.at(-1)?.batchId ?? 0;
  await delays.reportStrangers(last);
  await recent.reportStrangers(last);
  const { airports, windows } = expected;
  return {
    ok: differences.count === 0,
    checked: { batches: batches.length, flights, airports, windows, rows },
    differences: differences.list(),
  };
}
