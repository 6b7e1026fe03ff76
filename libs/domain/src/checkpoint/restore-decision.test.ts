import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../ids.js';
import type { StateShape } from './checkpoint.js';
import { allowsRestore, judgeState, NO_UPGRADE_OPTIONS } from './compatibility.js';
import { decideRestore, fitOf, RESTORE_POLICIES, type RestoreFacts } from './restore-decision.js';

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'updateStateByKey',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...more,
});
const aWindow = (windowMs: number): StateShape => aShape({ kind: 'window', parameters: { windowMs, slideMs: 1_000 } });

const aCheckpoint = (batchId: number, more: Partial<RestoreFacts['checkpoints'][number]> = {}) =>
  ({
    id: `ckp_${batchId}` as CheckpointId,
    timeline: 1,
    batchId,
    revision: 1,
    shapes: { totals: aShape() },
    status: 'complete',
    ...more,
  }) as const;

const facts = (more: Partial<RestoreFacts> = {}): RestoreFacts => ({
  policy: 'ask',
  checkpoints: [],
  wanted: { shapes: { totals: aShape() } },
  revision: 2,
  upgrade: NO_UPGRADE_OPTIONS,
  committedOffsets: { in: { '0': 7 } },
  plansReachBeginning: false,
  ...more,
});

describe('the decision from what a run starts', () => {
  it('is the beginning while nothing was committed', () => {
    const { verdict } = decideRestore(facts({ committedOffsets: undefined, plansReachBeginning: true }));
    expect(verdict).toMatchObject({ from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' });
  });

  it('is to run the planned batches again where no checkpoint was completed yet', () => {
    const { verdict } = decideRestore(facts({ plansReachBeginning: true }));
    expect(verdict).toMatchObject({ from: { kind: 'replay_from_beginning' }, reasonCode: 'NO_CHECKPOINT_YET' });
  });

  it('is the newest complete checkpoint that fits', () => {
    const { verdict, candidates } = decideRestore(facts({ checkpoints: [aCheckpoint(9), aCheckpoint(5)] }));
    expect(verdict).toMatchObject({ from: { checkpointId: 'ckp_9' }, reasonCode: 'NEWEST_CHECKPOINT' });
    expect(candidates.map((candidate) => candidate.verdict)).toEqual(['chosen', 'not_needed']);
  });

  it('R9: is an older one when the newest cannot be read, and says so', () => {
    const checkpoints = [aCheckpoint(9, { status: 'corrupt' }), aCheckpoint(5)];
    const { verdict, candidates } = decideRestore(facts({ checkpoints }));
    expect(verdict).toMatchObject({ from: { checkpointId: 'ckp_5' }, reasonCode: 'OLDER_CHECKPOINT' });
    expect(candidates.map((candidate) => candidate.verdict)).toEqual(['unreadable', 'chosen']);
  });

  it('is that one too where there is much to say of the many before it that cannot be read', () => {
    const name = 'x'.repeat(10_000);
    const before = { totals: aShape({ schema: { type: 'object', properties: { [name]: { type: 'string' } } } }) };
    const wanted = { shapes: { totals: aShape({ schema: { type: 'object', properties: {} } }) } };
    const damaged = Array.from({ length: 15 }, (_, index) =>
      aCheckpoint(20 - index, { shapes: before, status: 'corrupt' }),
    );
    const checkpoints = [...damaged, aCheckpoint(5, { shapes: before })];
    const { verdict, candidates } = decideRestore(facts({ wanted, checkpoints }));
    expect(verdict).toMatchObject({ from: { checkpointId: 'ckp_5' }, reasonCode: 'OLDER_CHECKPOINT' });
    expect(candidates.at(-1)).toMatchObject({ verdict: 'chosen', operators: [{ verdict: 'evolve' }] });
  });

  it('says nothing of a damaged one that is older than the one it takes', () => {
    const checkpoints = [aCheckpoint(9), aCheckpoint(5, { status: 'corrupt' }), aCheckpoint(3)];
    const { verdict, candidates } = decideRestore(facts({ checkpoints }));
    expect(verdict).toMatchObject({ from: { checkpointId: 'ckp_9' }, reasonCode: 'NEWEST_CHECKPOINT' });
    expect(candidates.map((candidate) => candidate.verdict)).toEqual(['chosen', 'unreadable', 'not_needed']);
  });

  it('R22: never falls back silently to an older checkpoint because the newest does not fit', () => {
    const checkpoints = [aCheckpoint(9, { shapes: { totals: aWindow(5_000) } }), aCheckpoint(5)];
    const { verdict, candidates } = decideRestore(facts({ checkpoints }));
    expect(verdict).toMatchObject({ outcome: 'ask', reasonCode: 'STATE_DOES_NOT_FIT' });
    expect(candidates.map((candidate) => candidate.verdict)).toEqual(['does_not_fit', 'not_needed']);
  });

  it('I8: starts with empty state only if nothing was ever committed, or under the policy that says so, offsets kept', () => {
    const aStatus = fc.constantFrom('complete', 'corrupt');
    const someShapes = fc.constantFrom({}, { totals: aShape() }, { totals: aWindow(1_000) }, { other: aShape() });
    const someCheckpoints = fc
      .array(fc.record({ status: aStatus, shapes: someShapes }), { maxLength: 4 })
      .map((all) =>
        all.map((one, index) => aCheckpoint(9 - index, one as Partial<RestoreFacts['checkpoints'][number]>)),
      );
    const anOffset = fc.option(fc.constant({ in: { '0': 7 } }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom(...RESTORE_POLICIES),
        someCheckpoints,
        anOffset,
        fc.boolean(),
        (policy, checkpoints, committedOffsets, plansReachBeginning) => {
          const { verdict } = decideRestore(facts({ policy, checkpoints, committedOffsets, plansReachBeginning }));
          if (verdict.outcome !== 'start') return;
          const { from } = verdict;
          if (from.kind === 'beginning') expect(committedOffsets).toBeUndefined();
          if (from.kind === 'offsets_only')
            expect([policy, from.offsets]).toEqual(['reset_keep_offsets', committedOffsets]);
          if (from.kind === 'checkpoint') {
            const chosen = checkpoints.find(({ id }) => id === from.checkpointId);
            expect(chosen?.status).toBe('complete');
            expect(allowsRestore(judgeState(chosen?.shapes ?? {}, { shapes: { totals: aShape() } }))).toBe(true);
          }
        },
      ),
    );
  });
});

describe('under a policy that resets', () => {
  const wanted = { shapes: { totals: aShape(), recent: aWindow(2_000) } };
  const checkpoints = [aCheckpoint(9, { shapes: { totals: aShape(), recent: aWindow(1_000), old: aShape() } })];

  it('only the operators that do not fit start empty', () => {
    const { verdict, candidates } = decideRestore(facts({ policy: 'reset_keep_offsets', wanted, checkpoints }));
    expect(verdict).toMatchObject({ from: { checkpointId: 'ckp_9' }, reasonCode: 'OPERATORS_RESET' });
    expect(candidates[0]?.operators.map(({ uid, verdict: one }) => [uid, one])).toEqual([
      ['old', 'dropped'],
      ['recent', 'reset'],
      ['totals', 'as_is'],
    ]);
  });

  it('all state is given up only where none of it fits, and every source keeps its place', () => {
    const none = [aCheckpoint(9, { shapes: { recent: aWindow(1_000) } })];
    const { verdict } = decideRestore(facts({ policy: 'reset_keep_offsets', wanted, checkpoints: none }));
    expect(verdict).toMatchObject({ from: { kind: 'offsets_only' }, reasonCode: 'OFFSETS_PRESERVED' });
  });

  it('what somebody has said is as good as a policy, for the operators that were named', () => {
    const upgrade = { ...NO_UPGRADE_OPTIONS, resets: ['recent'] };
    expect(decideRestore(facts({ wanted, checkpoints, upgrade })).verdict).toMatchObject({
      outcome: 'ask',
      reason: '"old" has state in the checkpoint and is not in the job any more',
    });
    expect(
      decideRestore(facts({ wanted, checkpoints, upgrade: { ...upgrade, drops: ['old'] } })).verdict,
    ).toMatchObject({
      from: { checkpointId: 'ckp_9' },
      reasonCode: 'OPERATORS_RESET',
    });
  });

  it('what was said of an upgrade is not said of what the new revision has kept itself', () => {
    const upgrade = { ...NO_UPGRADE_OPTIONS, resets: ['totals'] };
    const own = [aCheckpoint(12, { revision: 2 }), aCheckpoint(9)];
    expect(decideRestore(facts({ checkpoints: own, upgrade }))).toMatchObject({
      verdict: { from: { checkpointId: 'ckp_12' }, reasonCode: 'NEWEST_CHECKPOINT' },
      candidates: [{ operators: [{ verdict: 'as_is' }] }, { operators: [{ verdict: 'reset' }] }],
    });
  });
});

describe('what a checkpoint is worth to a revision', () => {
  it('is what a start would say that found only this one', () => {
    const someShapes = fc.constantFrom({}, { totals: aShape() }, { totals: aWindow(1_000) }, { other: aShape() });
    const someOptions = fc.constantFrom(
      NO_UPGRADE_OPTIONS,
      { ...NO_UPGRADE_OPTIONS, drops: ['other'] },
      { ...NO_UPGRADE_OPTIONS, resets: ['totals'] },
      { ...NO_UPGRADE_OPTIONS, renames: { other: 'totals' } },
    );
    const aStatus = fc.constantFrom('complete', 'corrupt', 'pending', 'deleted');
    const aPolicy = fc.constantFrom(...RESTORE_POLICIES);
    const aRevision = fc.constantFrom(1, 2);
    fc.assert(
      fc.property(aPolicy, someShapes, someOptions, aStatus, aRevision, (policy, shapes, upgrade, status, revision) => {
        const checkpoint = { ...aCheckpoint(9), shapes, status, revision } as RestoreFacts['checkpoints'][number];
        const one = facts({ policy, upgrade, checkpoints: [checkpoint] });
        const { outcome, operators, reasons } = fitOf(checkpoint, one);
        const decided = decideRestore(one);
        expect(outcome === 'fits').toBe(decided.candidates[0]?.verdict === 'chosen');
        expect(operators).toEqual(decided.candidates[0]?.operators);
        expect(reasons.length === 0).toBe(outcome === 'fits');
      }),
    );
  });

  it('names what does not fit, or that it is none to restore', () => {
    const wide = facts({ wanted: { shapes: { totals: aWindow(2_000) } } });
    expect(fitOf(aCheckpoint(9), wide)).toMatchObject({
      outcome: 'does_not_fit',
      reasons: ['"totals": kind was updateStateByKey and is now window'],
    });
    expect(fitOf(aCheckpoint(9, { status: 'corrupt' }), facts())).toEqual({
      outcome: 'not_restorable',
      operators: [{ uid: 'totals', verdict: 'as_is' }],
      reasons: ['it is corrupt, and only a complete one is restored'],
    });
  });
});
