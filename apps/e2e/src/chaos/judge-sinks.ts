import { compareRows } from './compare-rows.js';
import {
  nameOf,
  type FilesHistory,
  type JobHistory,
  type Point,
  type SinkHistory,
  type TableHistory,
  type Violation,
} from './history.js';
import { idOfRecord, type Row } from './reducers.js';
import type { Replay, ReplayedBatch } from './replay.js';

/** Holds what a sink holds against what the batches had to write. */
export function judgeSink(sink: SinkHistory, replay: Replay, job: Pick<JobHistory, 'isSettled'>): readonly Violation[] {
  switch (sink.kind) {
    case 'files':
      return [...judgeEntries(sink, replay), ...judgeMissing(sink, replay), ...judgeVisible(sink, replay)];
    case 'append':
      return judgeAppended(sink, replay);
    case 'upsert':
      // In between, the newest row may be of a batch that is not committed yet.
      return job.isSettled ? judgeUpserted(sink, replay) : [];
  }
}

function judgeEntries({ uid, entries }: FilesHistory, { batches }: Replay): readonly Violation[] {
  return entries.flatMap((entry): readonly Violation[] => {
    const batch = batches.get(nameOf(entry));
    const where = `${nameOf(entry)} in "${uid}"`;
    if (batch === undefined) return [{ kind: 'aborted', count: entry.rows.length, what: `${where} was never planned` }];
    return batch.committedAs === undefined ? [] : compareRows(where, batch.rows, entry.rows);
  });
}

function judgeMissing({ uid, entries }: FilesHistory, { batches }: Replay): readonly Violation[] {
  const held = new Set(entries.map(nameOf));
  return [...batches.values()]
    .filter((batch) => batch.committedAs !== undefined && batch.rows.length > 0 && !held.has(nameOf(batch)))
    .map((batch) => {
      const what = `"${uid}" lacks ${nameOf(batch)}, which is committed`;
      return { kind: 'lost', count: rowsIn(batch), what };
    });
}

const rowsIn = ({ rows }: ReplayedBatch): number => rows.reduce((sum, { count }) => sum + count, 0);

/** A reader has to see the batches of the newest timeline that the sink knows of, back to the first; and no others. */
function judgeVisible({ uid, entries, timeline }: FilesHistory, replay: Replay): readonly Violation[] {
  const violations: Violation[] = [];
  const counts = lineageOf(replay, timeline);
  for (const { isVisible, rows, ...entry } of entries) {
    const where = `${nameOf(entry)} in "${uid}"`;
    const isCommitted = replay.batches.get(nameOf(entry))?.committedAs !== undefined;
    // A batch that is open, or was when the job came to rest, is finished by the next run.
    const mayBeOpen = entry.timeline === replay.timeline;
    if (isVisible && !isCommitted && !mayBeOpen) {
      violations.push({ kind: 'aborted', count: rows.length, what: `${where} is read, and was never committed` });
    } else if (isVisible && isCommitted && !counts(entry)) {
      violations.push({ kind: 'aborted', count: rows.length, what: `${where} is read, and was taken back` });
    } else if (!isVisible && isCommitted && counts(entry)) {
      violations.push({ kind: 'lost', count: rows.length, what: `${where} is not read, and was never taken back` });
    }
  }
  return violations;
}

/** Whether a batch counts for who reads up to `timeline`. */
function lineageOf({ bases }: Replay, timeline: number): (point: Point) => boolean {
  const upTo = new Map<number, number>();
  let limit = Infinity;
  for (let at: number | undefined = timeline; at !== undefined;) {
    upTo.set(at, limit);
    const base = bases.get(at);
    limit = Math.min(limit, base?.batchId ?? 0);
    at = base?.timeline;
  }
  return (point) => point.batchId <= (upTo.get(point.timeline) ?? -1);
}

/** Each record once for every timeline on which it was committed; once more at most where its batch was left open. */
function judgeAppended({ uid, rows }: TableHistory, { batches }: Replay): readonly Violation[] {
  const due = new Map<string, { least: number; most: number }>();
  for (const { records, committedAs } of batches.values()) {
    for (const { partition, number } of records) {
      const id = idOfRecord(partition, number);
      const known = due.get(id) ?? { least: 0, most: 0 };
      due.set(id, { least: known.least + (committedAs === undefined ? 0 : 1), most: known.most + 1 });
    }
  }
  const held = new Map([...Map.groupBy(rows, ({ id }) => id)].map(([id, own]) => [id, own.length]));
  const lost = [...due].filter(([id, { least }]) => (held.get(id) ?? 0) < least);
  const twice = [...held].filter(([id, times]) => times > (due.get(id)?.most ?? 0));
  return [
    ...lost.slice(0, 1).map(([id, { least }]): Violation => {
      const what = `"${uid}" has ${id} ${held.get(id) ?? 0} times, and it was committed ${least} times`;
      return { kind: 'lost', count: lost.length, what };
    }),
    ...twice.slice(0, 1).map(([id, times]): Violation => {
      const what = `"${uid}" has ${id} ${times} times, and it was planned ${due.get(id)?.most ?? 0} times`;
      return { kind: 'twice', count: twice.length, what };
    }),
  ];
}

/** The row of each key is that of the last commit that had one. An older one is what a later run had replaced. */
function judgeUpserted({ uid, rows }: TableHistory, { batches }: Replay): readonly Violation[] {
  const committed = [...batches.values()]
    .filter(({ committedAs }) => committedAs !== undefined)
    .sort((a, b) => (a.committedAs ?? 0) - (b.committedAs ?? 0));
  const newest = new Map(committed.flatMap((batch) => batch.rows.map((row) => [row.id, row])));
  const everDue = Map.groupBy(
    [...batches.values()].flatMap((batch) => batch.rows),
    ({ id }) => id,
  );
  const isOlder = (row: Row): boolean => (everDue.get(row.id) ?? []).some((due) => isSame(due, row));
  const stale = rows.filter((row) => {
    const due = newest.get(row.id);
    return due !== undefined && !isSame(due, row) && isOlder(row);
  });
  const others = rows.filter((row) => !stale.includes(row));
  const due = [...newest.values()].filter(({ id }) => !stale.some((row) => row.id === id));
  return [
    ...stale.map(({ id }): Violation => {
      return { kind: 'stale', count: 1, what: `"${uid}" holds a row of ${id} that a later batch has replaced` };
    }),
    ...compareRows(`"${uid}"`, due, others),
  ];
}

const isSame = (a: Row, b: Row): boolean => a.count === b.count && a.sum === b.sum && a.chain === b.chain;
