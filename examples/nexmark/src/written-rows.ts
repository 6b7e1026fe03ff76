import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from './compare.js';

/** All rows that a job wrote into the folder of its sink: those of committed batches, in their order. */
export async function writtenRows(folder: string): Promise<readonly Row[]> {
  const names = (await readdir(join(folder, '_commits'))).filter((name) => name.endsWith('.json'));
  const commits = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, '_commits', name), 'utf8')) as Commit),
  );
  const rows: Row[] = [];
  for (const { file } of commits.sort((a, b) => a.timeline - b.timeline || a.batchId - b.batchId)) {
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      if (line !== '') rows.push(JSON.parse(line) as Row);
    }
  }
  return rows;
}

interface Commit {
  readonly timeline: number;
  readonly batchId: number;
  readonly file: string;
}
