import { describe, expect, it } from 'vitest';
import type { JobHistory, LogEntry, SinkHistory, Standing } from './history.js';
import { judgeHistory } from './judge-history.js';
import { nothingKept } from './reducers.js';
import { replay, standingAfter } from './replay.js';
import { aBatch, aCheckpoint, inputs } from './testing/small-history.js';

const OF: readonly LogEntry[] = [
  { kind: 'timeline', timeline: 1, revision: 1, isEmpty: true },
  { kind: 'claim', epoch: 1 },
  ...aBatch(1, 1, [0, 4]),
  ...aBatch(1, 2, [4, 7]),
];
const AFTER = { timeline: 1, batchId: 2 };

interface Told {
  readonly batchId?: number;
  readonly from?: number;
  /** What of its standing was other than it should when it wrote. */
  readonly wrote?: Partial<Standing>;
}

/** What is known of a fork of that job, after its second batch, which has had one batch of its own. */
function fork({ batchId = 3, from = 7, wrote = {} }: Told = {}): JobHistory {
  const standing = standingAfter({ shape: 'fold', log: OF, inputs }, AFTER);
  if (standing === undefined) throw new Error('The other job stood nowhere.');
  const checkpoint = aCheckpoint(AFTER);
  const log: readonly LogEntry[] = [
    { kind: 'timeline', timeline: 1, revision: 1, isEmpty: false, base: 'c1' },
    { kind: 'claim', epoch: 1 },
    ...aBatch(1, batchId, [from, 9]),
  ];
  const replayed = { shape: 'fold', log, inputs, origin: { batchId: AFTER.batchId, standing, checkpoint } } as const;
  const { batches } = replay({ ...replayed, origin: { ...replayed.origin, standing: { ...standing, ...wrote } } });
  const rows = [...batches.values()].flatMap((batch) => batch.rows);
  const sink: SinkHistory = {
    ...{ kind: 'files', uid: 'out', timeline: 1 },
    entries: [{ timeline: 1, batchId, rows, isVisible: true }],
  };
  return {
    ...replayed,
    sinks: [sink],
    rollbacks: [],
    forms: new Map(),
    damaged: new Set(),
    resetsOrdered: 0,
    isSettled: true,
  };
}

describe('a fork', () => {
  it('goes on where the other job stood', () => {
    expect(judgeHistory(fork())).toEqual([]);
    const [written] = fork().sinks.flatMap((sink) => (sink.kind === 'files' ? sink.entries : []));
    expect(written?.rows.map(({ count }) => count)).toEqual([4, 5]);
  });

  it.each([
    ['leaves out what the other job had not read', fork({ from: 8 })],
    ['reads again what the other job had read', fork({ from: 6 })],
    ['leaves out a batch id', fork({ batchId: 4 })],
  ])('that %s has a gap', (_, judged) => {
    expect(judgeHistory(judged)).toContainEqual(expect.objectContaining({ kind: 'gap' }));
  });

  it('that begins with empty state has lost what was counted', () => {
    expect(judgeHistory(fork({ wrote: { kept: nothingKept() } })).map(({ kind }) => kind)).toEqual(['lost', 'lost']);
  });
});

describe('where a job stood', () => {
  it('is known of no batch that was never committed', () => {
    expect(standingAfter({ shape: 'fold', log: OF, inputs }, { timeline: 1, batchId: 3 })).toBeUndefined();
  });
});
