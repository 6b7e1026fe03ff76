import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a reader of a `files` sink sees of one batch. */
export interface CommittedOutput<Row> {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly rows: readonly Row[];
}

/** Reads a `files` sink's folder as its format says: what the commit log names, in order. */
export async function committedOutput<Row>(folder: string): Promise<readonly CommittedOutput<Row>[]> {
  const log = join(folder, '_commits');
  const entries = (await readdir(log)).filter((name) => name.endsWith('.json'));
  const outputs = await Promise.all(
    entries.map(async (name) => {
      const entry = JSON.parse(await readFile(join(log, name), 'utf8')) as Omit<CommittedOutput<Row>, 'rows'> & {
        readonly file: string;
      };
      const { timeline, batchId, batchTimeMs, file } = entry;
      const lines = (await readFile(join(folder, file), 'utf8')).split('\n').filter((line) => line !== '');
      return { timeline, batchId, batchTimeMs, rows: lines.map((line) => JSON.parse(line) as Row) };
    }),
  );
  return outputs.sort((a, b) => a.timeline - b.timeline || a.batchId - b.batchId);
}
