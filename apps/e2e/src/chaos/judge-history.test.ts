import { describe, expect, it } from 'vitest';
import type { JobHistory, LogEntry, Point, SinkHistory, ViolationKind } from './history.js';
import { judgeHistory } from './judge-history.js';
import type { Row, Shape } from './reducers.js';
import { replay } from './replay.js';
import { aBatch, aCheckpoint, BYTES, inputs } from './testing/small-history.js';

/** Three batches, a rollback to the first of them, one that goes on from there, and one that is open. */
const LOG: readonly LogEntry[] = [
  { kind: 'timeline', timeline: 1, revision: 1, isEmpty: true },
  { kind: 'claim', epoch: 1 },
  ...aBatch(1, 1, [0, 4]),
  aCheckpoint({ timeline: 1, batchId: 1 }),
  ...aBatch(1, 2, [4, 7]),
  { kind: 'timeline', timeline: 2, revision: 1, after: { timeline: 1, batchId: 1 }, isEmpty: false, base: 'c1' },
  { kind: 'claim', epoch: 2 },
  ...aBatch(2, 2, [4, 9], 2),
  ...aBatch(2, 3, [9, 12], 2).slice(0, 1),
];

const ROLLBACK = { timeline: 2, to: { timeline: 1, batchId: 1 }, checkpointId: 'c1' };

const COUNTS = [
  [1, 1],
  [1, 2],
  [2, 2],
] as const;

/** What the sinks hold of it: exactly what they should. `visible`: those batches that a reader sees. */
function sinksOf(shape: Shape, log = LOG): { readonly files: Files; readonly table: Table } {
  const { batches } = replay({ shape, log, inputs });
  const rowsOf = (timeline: number, batchId: number): readonly Row[] =>
    batches.get(`batch ${batchId} of timeline ${timeline}`)?.rows ?? [];
  const entries = COUNTS.map(([timeline, batchId]) => ({
    ...{ timeline, batchId, rows: rowsOf(timeline, batchId) },
    isVisible: timeline === 2 || batchId === 1,
  }));
  const all = entries.flatMap(({ rows }) => rows);
  const newest = [...new Map(all.map((row) => [row.id, row])).values()];
  return {
    files: { kind: 'files', uid: 'out', timeline: 2, entries },
    table: { kind: shape === 'echo' ? 'append' : 'upsert', uid: 'table', rows: shape === 'echo' ? all : newest },
  };
}

type Files = Extract<SinkHistory, { kind: 'files' }>;
type Table = Exclude<SinkHistory, Files>;
type Entry = Files['entries'][number];

const history = (shape: Shape, changes: Partial<JobHistory> = {}): JobHistory => {
  const { files, table } = sinksOf(shape);
  return {
    shape,
    log: LOG,
    inputs,
    sinks: [files, table],
    rollbacks: [ROLLBACK],
    forms: new Map([[1, 1]]),
    damaged: new Set(),
    resetsOrdered: 0,
    isSettled: true,
    ...changes,
  };
};

const kindsIn = (judged: JobHistory): readonly ViolationKind[] => [
  ...new Set(judgeHistory(judged).map(({ kind }) => kind)),
];

const withFiles = (shape: Shape, change: (files: Files) => Files): JobHistory => {
  const { files, table } = sinksOf(shape);
  return history(shape, { sinks: [change(files), table] });
};

const withTable = (shape: Shape, change: (rows: readonly Row[]) => readonly Row[]): JobHistory => {
  const { files, table } = sinksOf(shape);
  return history(shape, { sinks: [files, { ...table, rows: change(table.rows) }] });
};

/** Changes the rows of the first batch. */
const withRows = (shape: Shape, change: (rows: readonly Row[]) => readonly Row[]): JobHistory =>
  withFiles(shape, (files) => ({
    ...files,
    entries: files.entries.map((entry, index) => (index === 0 ? { ...entry, rows: change(entry.rows) } : entry)),
  }));

const withEntry = (at: number, change: (entry: Entry) => readonly Entry[]): JobHistory =>
  withFiles('fold', (files) => ({
    ...files,
    entries: files.entries.flatMap((entry, index) => (index === at ? change(entry) : [entry])),
  }));

const withLog = (change: (log: readonly LogEntry[]) => readonly LogEntry[]): JobHistory =>
  history('fold', { log: change(LOG) });

const changeFirst = (rows: readonly Row[], change: Partial<Row>): readonly Row[] =>
  rows.map((row, index) => (index === 0 ? { ...row, ...change } : row));

describe('a history in which all is right', () => {
  it.each(['echo', 'counts', 'fold', 'windows', 'sides'] as const)('shows nothing wrong, of "%s"', (shape) => {
    expect(judgeHistory(history(shape))).toEqual([]);
  });

  it('may have rows of a batch that is still open', () => {
    expect(
      kindsIn(
        withFiles('fold', ({ entries, ...files }) => {
          return { ...files, entries: [...entries, { timeline: 2, batchId: 3, rows: [], isVisible: true }] };
        }),
      ),
    ).toEqual([]);
  });

  it('may begin with empty state where there was a reason', () => {
    const log = LOG.map((entry) => (entry.kind === 'timeline' ? { ...entry, isEmpty: true } : entry));
    const { files, table } = sinksOf('fold', log);

    expect(judgeHistory(history('fold', { log, sinks: [files, table], resetsOrdered: 1 }))).toEqual([]);
  });
});

describe('a history in which something is', () => {
  it.each([
    ['a batch that the sink lacks', withEntry(0, () => [])],
    ['a record that its batch lacks', withRows('echo', (rows) => rows.slice(1))],
    ['a key that its batch lacks', withRows('fold', (rows) => rows.slice(1))],
    ['a count that is too low', withRows('fold', (rows) => changeFirst(rows, { count: 1 }))],
    ['a batch that no reader sees', withEntry(2, (entry) => [{ ...entry, isVisible: false }])],
    ['a row that a table lacks', withTable('echo', (rows) => rows.slice(1))],
    ['a key that a table lacks', withTable('counts', (rows) => rows.slice(1))],
  ])('lost tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['lost']);
  });

  it.each([
    ['a record that is there again in its batch', withRows('echo', (rows) => [...rows, ...rows.slice(0, 1)])],
    ['a key that is there again in its batch', withRows('fold', (rows) => [...rows, ...rows.slice(0, 1)])],
    ['a count that is too high', withRows('fold', (rows) => changeFirst(rows, { count: 9 }))],
    ['a row that is there again in a table', withTable('echo', (rows) => [...rows, ...rows.slice(0, 1)])],
  ])('there twice tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['twice']);
  });

  it.each([
    ['in its batch', withRows('echo', (rows) => rows.toReversed())],
    ['in what was made of it', withRows('fold', (rows) => changeFirst(rows, { chain: '1/1' }))],
  ])('in another order tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['reordered']);
  });

  it.each([
    ['a sum', withRows('fold', (rows) => changeFirst(rows, { sum: 1 }))],
    [
      'a key that was never read',
      withRows('fold', (rows) => [...rows, { id: 'z', lane: 'z', count: 1, sum: 1, chain: '' }]),
    ],
  ])('wrong tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['wrong']);
  });

  it.each([
    ['a commit by a run that had lost the job', late('commit', { epoch: 2, timeline: 1 })],
    ['a plan by such a run', late('plan', { epoch: 2, timeline: 1 })],
    ['a checkpoint by such a run', late('checkpoint', { epoch: 2, timeline: 1 })],
    ['a commit on a timeline that was left', late('commit', { epoch: 1, timeline: 2 })],
    [
      'a plan after a stop',
      withLog((log) => log.map((one) => (one.kind === 'plan' ? { ...one, isWanted: false } : one))),
    ],
    ['an epoch that was claimed twice', withLog((log) => [...log, { kind: 'claim', epoch: 2 }])],
    ['a row that a later batch had replaced', withTable('counts', olderRow)],
  ])('stale tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['stale']);
  });

  it.each([
    ['a range that begins too late', moved(1)],
    ['a range that begins too early', moved(-1)],
    ['a range that ends within a record', moved(0, 0.5)],
    ['a plan that changed', withLog((log) => [...log, ...aBatch(2, 3, [9, 13], 2).slice(0, 1)])],
    ['a batch id that was left out', withLog((log) => [...log, ...aBatch(2, 5, [12, 13], 2).slice(0, 1)])],
    ['three open plans', withLog((log) => [...log, ...[4, 5].flatMap((id) => aBatch(2, id, [12, 12], 2).slice(0, 1))])],
    ['a commit without a plan', withLog((log) => [...log, ...aBatch(2, 4, [12, 12], 2).slice(1)])],
    ['a timeline after a batch that is not there', withLog((log) => [...log, aTimeline({ timeline: 1, batchId: 9 })])],
  ])('a gap tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toContain('gap');
  });

  it.each([
    ['a batch that was never planned', withEntry(0, (entry) => [entry, { ...entry, batchId: 77 }])],
    ['a batch that was taken back, and that a reader sees', withEntry(1, (entry) => [{ ...entry, isVisible: true }])],
    ['a batch that was never committed, and that a reader sees', uncommitted()],
  ])('aborted tells so: %s', (_, judged) => {
    expect(kindsIn(judged)).toEqual(['aborted']);
  });

  it('left open tells so: a batch whose run was told to end, and did', () => {
    const ended = (open: number): JobHistory =>
      withLog((log) => [...log, { kind: 'release', reason: 'stop', epoch: 2, open }]);

    expect(kindsIn(ended(0))).toEqual([]);
    expect(kindsIn(ended(1))).toEqual(['open']);
  });

  it('elsewhere tells so: a rollback that begins after another batch', () => {
    const rollbacks = [{ ...ROLLBACK, to: { timeline: 1, batchId: 2 } }];

    expect(kindsIn(history('fold', { rollbacks }))).toEqual(['elsewhere']);
    // It was held although its checkpoint is whole.
    const held = [{ to: ROLLBACK.to, checkpointId: 'c1' }];
    expect(kindsIn(history('fold', { rollbacks: held }))).toEqual(['elsewhere']);
    expect(kindsIn(history('fold', { rollbacks: held, damaged: new Set(['c1']) }))).toEqual([]);
  });
});

const aTimeline = (after: Point): LogEntry => ({ kind: 'timeline', timeline: 3, revision: 1, after, isEmpty: false });

/** What the first run writes of its first batch is written when the job's row is this. */
function late(
  kind: 'plan' | 'commit' | 'checkpoint',
  job: { readonly epoch: number; readonly timeline: number },
): JobHistory {
  return withLog((log) =>
    log.map((entry) =>
      entry.kind === kind && entry.timeline === 1 && entry.batchId === 1 ? { ...entry, job } : entry,
    ),
  );
}

/** Moves the range of the last committed batch by so many records, and its end by some more. */
function moved(records: number, more = 0): JobHistory {
  return withLog((log) =>
    log.map((entry) =>
      entry.kind === 'plan' && entry.timeline === 2 && entry.batchId === 2
        ? { ...entry, ranges: { left: { a: { from: (4 + records) * BYTES, to: (9 + more) * BYTES } } } }
        : entry,
    ),
  );
}

/** The first batch's row of a key in place of the newest. */
function olderRow(rows: readonly Row[]): readonly Row[] {
  const older = sinksOf('counts').files.entries[0]?.rows ?? [];
  return rows.map((row) => older.find(({ id }) => id === row.id) ?? row);
}

/** The second batch of the first timeline has no commit, and the reader's view goes as far as it. */
function uncommitted(): JobHistory {
  const judged = withEntry(1, (entry) => [{ ...entry, isVisible: true }]);
  const isItsCommit = (entry: LogEntry): boolean =>
    entry.kind === 'commit' && entry.timeline === 1 && entry.batchId === 2;
  return { ...judged, log: LOG.filter((entry) => !isItsCommit(entry)) };
}
