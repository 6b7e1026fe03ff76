import { DEFAULT_HEALTH, healthLimits, type CheckpointId, type RecordPosition } from '@tidemark/domain';
import type { CommittedBatch } from '@tidemark/engine';
import { describe, expect, it } from 'vitest';
import { aClaimedRun } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { ActiveRun } from './active-run.js';
import { HealthTeller } from './health-teller.js';

const BYTES = new Uint8Array(1);

const recordAt = (offset: number, source = 'in'): RecordPosition => ({ source, partition: 'a', offset, timeline: 1 });

/** What a revision that may skip nothing is told of. */
function aTeller(): HealthTeller {
  const claimed = {
    ...aClaimedRun(),
    probation: {
      revision: 1,
      limits: healthLimits({ ...DEFAULT_HEALTH, skipped: 0 }),
      before: undefined,
      stateRows: 0,
      back: { revision: 0, checkpointId: 'ckp_1' as CheckpointId },
    },
  };
  return new HealthTeller(new ActiveRun(claimed), new RecordingRunStore());
}

function aBatch(of: {
  readonly recordsIn: number;
  readonly redriven?: readonly RecordPosition[];
  readonly setAside?: readonly RecordPosition[];
  readonly recordsSkipped?: number;
}): CommittedBatch {
  const { recordsIn, recordsSkipped = 0, redriven = [], setAside = [] } = of;
  const why = { code: 'record_unreadable', reason: 'not JSON', bytes: BYTES, bytesTotal: 1 } as const;
  const deadLetters = setAside.map((record) => ({ ...record, ...why }));
  return {
    outcome: 'committed',
    plan: {
      ...{ timeline: 1, batchId: 1, batchTimeMs: 500, ranges: {} },
      redriven: redriven.map((record) => ({ ...record, bytes: BYTES })),
    },
    commit: {
      ...{ timeline: 1, batchId: 1, nextOffsets: {}, recordsIn, recordsOut: 0, recordsSkipped },
      ...{ recordsDeadLettered: deadLetters.length, deadLetters, sourcesRead: ['in'] },
      ...{ processingMs: 1, schedulingDelayMs: 0 },
    },
    output: {
      ...{ sinks: new Map(), recordsIn, recordsSkipped },
      ...{ stateKeys: new Map(), counts: new Map(), skipped: [] },
    },
  };
}

describe('the health of a revision', () => {
  it('is not held against it for a record that is read again and set aside again', async () => {
    const redriven = [recordAt(1), recordAt(2), recordAt(3)];
    expect(await aTeller().tell(aBatch({ recordsIn: 3, redriven, setAside: [recordAt(2)] }))).toBeUndefined();
  });

  it('is held against it for a record that it sets aside the first time, whatever it reads again beside it', async () => {
    const redriven = [recordAt(1), recordAt(2), recordAt(9, 'gone')];
    const setAside = [recordAt(1), recordAt(7)];
    expect(await aTeller().tell(aBatch({ recordsIn: 4, redriven, setAside }))).toEqual({
      outcome: 'unhealthy',
      reason: 'it skipped 1 of 2 records as unreadable',
    });
    expect(await aTeller().tell(aBatch({ recordsIn: 4, redriven, recordsSkipped: 1 }))).toEqual({
      outcome: 'unhealthy',
      reason: 'it skipped 1 of 2 records as unreadable',
    });
  });
});
