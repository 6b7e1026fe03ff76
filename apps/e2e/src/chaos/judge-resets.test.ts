import { describe, expect, it } from 'vitest';
import type { JobHistory, LogEntry } from './history.js';
import { judgeResets } from './judge-resets.js';
import { nothingKept } from './reducers.js';
import { aCheckpoint, inputs } from './testing/small-history.js';

const BEGINS: LogEntry = { kind: 'timeline', timeline: 1, revision: 1, isEmpty: true };
const OLDER = aCheckpoint({ timeline: 1, batchId: 2 }, { id: 'c1' });
/** Builds on the older one. */
const NEWER = aCheckpoint({ timeline: 1, batchId: 5 }, { id: 'c2', paths: ['c1', 'c2'] });

/** Timeline 2 begins with empty state. */
const emptied = (revision = 1): LogEntry => ({
  ...{ kind: 'timeline', timeline: 2, revision, isEmpty: true },
  after: { timeline: 1, batchId: 7 },
});

const FORMS = new Map([
  [1, 1],
  [2, 2],
]);

const ORIGIN = { batchId: 2, standing: { kept: nothingKept(), offsets: new Map<string, number>() }, checkpoint: OLDER };

const gone = (id: string, status: 'corrupt' | 'deleted'): LogEntry => ({ kind: 'gone', id, status });

/** Timeline 2 begins with the state of a checkpoint. */
const basedOn = (base: string): LogEntry => ({
  ...{ kind: 'timeline', timeline: 2, revision: 1, isEmpty: false },
  ...{ after: { timeline: 1, batchId: 2 }, base },
});

/** A later timeline begins with empty state, after the one before. */
const again = (timeline: number): LogEntry => ({
  ...{ kind: 'timeline', timeline, revision: 1, isEmpty: true },
  after: { timeline: timeline - 1, batchId: 9 },
});

/** `damaged`: folders of checkpoints. */
function judge(log: readonly LogEntry[], damaged: readonly string[] = [], more: Partial<JobHistory> = {}) {
  const rest = { shape: 'fold', inputs, sinks: [], rollbacks: [], isSettled: true, resetsOrdered: 0 } as const;
  const history = { ...rest, log, forms: new Map([[1, 1]]), damaged: new Set(damaged), ...more };
  return judgeResets(history).map(({ kind }) => kind);
}

describe('state that begins empty has a reason', () => {
  it.each([
    ['every checkpoint is damaged', judge([BEGINS, OLDER, NEWER, emptied()], ['c1'])],
    ['the only one that was whole was collected', judge([BEGINS, OLDER, gone('c1', 'deleted'), emptied()])],
    ['the new revision has state of another form', judge([BEGINS, OLDER, emptied(2)], [], { forms: FORMS })],
    ['somebody has said so', judge([BEGINS, OLDER, emptied()], [], { resetsOrdered: 1 })],
    ['what the timeline began with is damaged', judge([BEGINS, OLDER, basedOn('c1'), again(3)], ['c1'])],
  ])('where %s', (_, found) => {
    expect(found).toEqual([]);
  });
});

describe('state that begins empty has no reason', () => {
  it.each([
    ['the newest checkpoint is whole', judge([BEGINS, OLDER, NEWER, emptied()])],
    ['an older one than the damaged one is whole', judge([BEGINS, OLDER, NEWER, emptied()], ['c2'])],
    ['there was none yet, and the plans reach the beginning', judge([BEGINS, emptied()])],
    ['what the timeline began with is whole', judge([BEGINS, OLDER, basedOn('c1'), again(3)])],
    ['it is a fork', judge([BEGINS], [], { origin: ORIGIN })],
    ['it was ordered once, and happened twice', judge([BEGINS, emptied(), again(3)], [], { resetsOrdered: 1 })],
  ])('where %s', (_, found) => {
    expect(found).toEqual(['reset']);
  });
});

describe('a checkpoint that counts as damaged', () => {
  it('is one in which something was damaged, or in what it builds on', () => {
    expect(judge([BEGINS, OLDER, NEWER, gone('c2', 'corrupt')], ['c1'])).toEqual([]);
    expect(judge([BEGINS, OLDER, NEWER, gone('c1', 'corrupt')], ['c2'])).toEqual(['unreadable']);
  });
});
