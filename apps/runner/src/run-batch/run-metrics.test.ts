import type { RunEnd } from '@tidemark/domain';
import { METRICS } from '@tidemark/observability';
import { RecordedMetrics } from '@tidemark/observability/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aClaimedRun } from '../testing/a-run.js';
import { recordBatch, recordClaim, recordRunEnd } from './run-metrics.js';

let recorded: RecordedMetrics;
beforeEach(() => {
  recorded = RecordedMetrics.start();
});
afterEach(() => recorded.stop());

const aCommit = {
  ...{ timeline: 1, batchId: 7, nextOffsets: {}, processingMs: 250, schedulingDelayMs: 40 },
  ...{ recordsIn: 100, recordsOut: 60, recordsSkipped: 3, recordsDeadLettered: 2 },
};
const anOutput = {
  ...{ sinks: new Map(), recordsIn: 100, recordsSkipped: 3, stateKeys: new Map(), skipped: [] },
  counts: new Map([
    ['window', { late: 4, partlyLate: 9 }],
    ['join', { late: 1 }],
    ['unique', { duplicates: 8 }],
  ]),
};

describe('a batch that is committed', () => {
  it('is counted with its records, and measured in seconds', async () => {
    recordBatch({ commit: aCommit, output: anOutput });

    expect(await recorded.of(METRICS.batchesCommitted)).toEqual([{ attributes: {}, value: 1 }]);
    expect(await recorded.of(METRICS.batchDuration)).toEqual([{ attributes: {}, value: 0.25, times: 1 }]);
    expect(await recorded.of(METRICS.batchDelay)).toEqual([{ attributes: {}, value: 0.04, times: 1 }]);
    expect(await recorded.of(METRICS.recordsRead)).toEqual([{ attributes: {}, value: 100 }]);
    expect(await recorded.of(METRICS.recordsWritten)).toEqual([{ attributes: {}, value: 60 }]);
    expect(await recorded.of(METRICS.recordsDropped)).toEqual([
      { attributes: { 'tidemark.record.drop_reason': 'skipped' }, value: 3 },
      { attributes: { 'tidemark.record.drop_reason': 'dead_lettered' }, value: 2 },
      { attributes: { 'tidemark.record.drop_reason': 'late' }, value: 5 },
    ]);
  });
});

describe('a run', () => {
  it('is counted by why it starts and from what', async () => {
    recordClaim(aClaimedRun());

    expect(await recorded.of(METRICS.runsClaimed)).toEqual([
      { attributes: { 'tidemark.run.trigger': 'first_start', 'tidemark.run.start_from': 'beginning' }, value: 1 },
    ]);
  });

  it.each<[string, RunEnd | undefined, 'fenced' | 'lease_lost' | undefined, 'done' | 'fenced', object]>([
    ['drained', { kind: 'drained', reason: 'stop' }, undefined, 'done', { 'tidemark.run.end': 'drained' }],
    [
      'failed, without what its code has said',
      { kind: 'failed', code: 'store_full', reason: 'secret' },
      undefined,
      'done',
      { 'tidemark.run.end': 'failed', 'error.type': 'store_full' },
    ],
    ['taken from it while it ran', undefined, 'lease_lost', 'fenced', { 'tidemark.run.end': 'lease_lost' }],
    ['taken from it at a commit', undefined, 'fenced', 'fenced', { 'tidemark.run.end': 'fenced' }],
    [
      'taken from it before its end was written',
      { kind: 'failed', code: 'store_full', reason: 'x' },
      undefined,
      'fenced',
      { 'tidemark.run.end': 'fenced' },
    ],
  ])('is counted as it ended: %s', async (_, end, abandoned, written, attributes) => {
    recordRunEnd(end, { abandoned, written });

    expect(await recorded.of(METRICS.runsEnded)).toEqual([{ attributes, value: 1 }]);
  });
});
