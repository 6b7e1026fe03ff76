import { describe, expect, it } from 'vitest';
import type { CheckpointId, JobId } from '../ids.js';
import { DEFAULT_HEALTH } from './health.js';
import { decideProbation, newProbation, probationOf } from './probation.js';

const JOB = 'job-1' as JobId;
const OLD = { id: 'checkpoint-of-1' as CheckpointId, jobId: JOB, revision: 1, stateRows: 7 };
const OWN = { ...OLD, id: 'checkpoint-of-2' as CheckpointId, revision: 2 };
const UNWATCHED = { ...DEFAULT_HEALTH, batches: 0 };
const probation = newProbation(2, { over: OLD, health: DEFAULT_HEALTH, recent: [] });

const atStart = (
  checkpoint: typeof OLD | undefined,
  {
    known,
    health = DEFAULT_HEALTH,
    areOffsetsSet = false,
  }: { known?: typeof probation; health?: typeof DEFAULT_HEALTH; areOffsetsSet?: boolean } = {},
) => decideProbation({ id: JOB, revision: 2, probation: known, areOffsetsSet }, checkpoint, health);

describe('a revision that is about to start', () => {
  it('is on probation when it takes over what another one has kept, with a way back to that', () => {
    expect(atStart(OLD)).toEqual({ kind: 'begins', over: OLD });
    expect(probation.back).toEqual({ revision: 1, checkpointId: OLD.id });
    expect(probation).toMatchObject({ revision: 2, stateRows: 7, before: undefined });
  });

  it('is not when there is nothing to go back to, or nobody wants it watched', () => {
    expect(atStart(undefined)).toEqual({ kind: 'as_it_is' });
    expect(atStart(OWN)).toEqual({ kind: 'as_it_is' });
    expect(atStart({ ...OLD, jobId: 'job-it-was-forked-from' as JobId })).toEqual({ kind: 'as_it_is' });
    expect(atStart(OLD, { health: UNWATCHED })).toEqual({ kind: 'as_it_is' });
  });

  it('is not when it begins at offsets that were set: the way back would be to those of before', () => {
    expect(atStart(OLD, { areOffsetsSet: true })).toEqual({ kind: 'as_it_is' });
    expect(atStart(OLD, { known: probation, areOffsetsSet: true })).toEqual({ kind: 'is_over' });
  });

  it('keeps its probation when it starts again, also from what it has kept itself', () => {
    expect(atStart(OLD, { known: probation })).toEqual({ kind: 'as_it_is' });
    expect(atStart(OWN, { known: probation })).toEqual({ kind: 'as_it_is' });
  });

  it('is on a new one when it takes over another checkpoint than before', () => {
    const older = { ...OLD, id: 'an-older-one' as CheckpointId };
    expect(atStart(older, { known: probation })).toEqual({ kind: 'begins', over: older });
  });

  it('ends the probation of another one, and its own when it is not watched any more', () => {
    expect(atStart(OWN, { known: { ...probation, revision: 1 } })).toEqual({ kind: 'is_over' });
    expect(atStart(OLD, { known: probation, health: UNWATCHED })).toEqual({ kind: 'is_over' });
  });
});

describe('the probation of a run', () => {
  it('is that of its revision, as long as the job has that', () => {
    expect(probationOf({ revision: 2, probation }, 2)).toBe(probation);
    expect(probationOf({ revision: 3, probation }, 2)).toBeUndefined();
    expect(probationOf({ revision: 2, probation: { ...probation, revision: 1 } }, 2)).toBeUndefined();
    expect(probationOf({ revision: 2, probation: undefined }, 2)).toBeUndefined();
  });
});
