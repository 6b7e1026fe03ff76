import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a reader of a `files` sink sees of one batch. */
export interface CommittedOutput<Row> {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly rows: readonly Row[];
}

/** What counts of {@link committedOutput}: without the batches that a rollback has taken back. */
export async function validOutput<Row>(folder: string): Promise<readonly CommittedOutput<Row>[]> {
  return validOf(await committedOutput<Row>(folder), await timelinesIn(folder));
}

/** The same of entries that are read already. `bases`: what the sink says of where timelines go on. */
export function validOf<Entry extends { readonly timeline: number; readonly batchId: number }>(
  all: readonly Entry[],
  bases: ReadonlyMap<number, { readonly timeline: number; readonly batchId: number }>,
): readonly Entry[] {
  const valid: Entry[] = [];
  let until = Infinity;
  for (let timeline = Math.max(1, ...all.map((one) => one.timeline), ...bases.keys()); timeline >= 1;) {
    valid.push(...all.filter((one) => one.timeline === timeline && one.batchId <= until));
    const after = bases.get(timeline) ?? { timeline: timeline - 1, batchId: Infinity };
    until = Math.min(until, after.batchId);
    timeline = after.timeline;
  }
  return valid.sort((a, b) => a.timeline - b.timeline || a.batchId - b.batchId);
}

/** Where each timeline of a `files` sink goes on, by its number. */
export async function timelinesIn(folder: string): Promise<ReadonlyMap<number, { timeline: number; batchId: number }>> {
  const names = await readdir(join(folder, '_timelines')).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, '_timelines', name), 'utf8')) as TimelineEntry),
  );
  return new Map(entries.map(({ timeline, after }) => [timeline, after]));
}

interface TimelineEntry {
  readonly timeline: number;
  readonly after: { readonly timeline: number; readonly batchId: number };
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
