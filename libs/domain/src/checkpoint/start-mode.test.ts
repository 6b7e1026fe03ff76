import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BundleManifest } from '../bundle/bundle.js';
import type { CheckpointId, RollbackId } from '../ids.js';
import type { JobConfig } from '../job/job.js';
import { DEFAULT_HEALTH } from '../upgrade/health.js';
import { planUpgrade } from '../upgrade/upgrade-plan.js';
import type { StateShape } from './checkpoint.js';
import { NO_UPGRADE_OPTIONS } from './compatibility.js';
import { RESTORE_POLICIES } from './restore-decision.js';
import { decideStart, goingBack, START_MODES, type StartFacts, type StartMode } from './start-mode.js';

const aShape = (windowMs = 0): StateShape => ({
  ...{ kind: 'fold', key: 'json', value: 'json', codec: { name: 'json', version: 1 } },
  parameters: windowMs === 0 ? {} : { windowMs },
});

const aCheckpoint = (batchId: number, more: Partial<StartFacts['checkpoints'][number]> = {}) => ({
  ...{ id: `ckp_${batchId}` as CheckpointId, timeline: 1, batchId, revision: 1, shapes: { totals: aShape() } },
  status: 'complete' as const,
  ...more,
});

const facts = (more: Partial<StartFacts> = {}): StartFacts => ({
  ...{ policy: 'ask', checkpoints: [aCheckpoint(9), aCheckpoint(5)], wanted: { shapes: { totals: aShape() } } },
  revision: 1,
  ...{ upgrade: NO_UPGRADE_OPTIONS, committedOffsets: { in: { '0': 7 } }, plansReachBeginning: false },
  ...more,
});

const aManifest = (shapes: StartFacts['wanted']['shapes']): BundleManifest => ({
  ...{ definition: 1, name: 'job', batchIntervalMs: 500, poison: 'fail', nodes: [], shapes },
});

const aConfig = (restorePolicy: JobConfig['restorePolicy']): JobConfig => ({
  restorePolicy,
  checkpointIntervalMs: 1_000,
  limits: { memoryMb: 64, cpuMsPerBatch: 100 },
  health: DEFAULT_HEALTH,
});

const named = (batchId: number): StartMode => ({ mode: 'checkpoint', checkpointId: `ckp_${batchId}` as CheckpointId });

describe('a start that was told where to begin', () => {
  it('takes the checkpoint that was named, on a new timeline, and not the newest', () => {
    expect(decideStart(facts({ startMode: named(5), asked: aCheckpoint(5) }))).toMatchObject({
      candidates: [{ checkpointId: 'ckp_5', verdict: 'chosen' }],
      verdict: { from: { kind: 'checkpoint', checkpointId: 'ckp_5', opens: 'new_timeline' } },
    });
  });

  it.each([
    ['is gone', undefined, 'NO_READABLE_CHECKPOINT'],
    ['is corrupt', aCheckpoint(5, { status: 'corrupt' }), 'NO_READABLE_CHECKPOINT'],
    ['does not fit', aCheckpoint(5, { shapes: { totals: aShape(1_000) } }), 'STATE_DOES_NOT_FIT'],
  ])('never takes another one where that %s, whatever the policy', (_, asked, reasonCode) => {
    for (const policy of RESTORE_POLICIES) {
      const { verdict } = decideStart(facts({ policy, startMode: named(5), asked }));
      expect(verdict).toMatchObject({ outcome: policy === 'fail' ? 'fail' : 'ask', reasonCode });
    }
  });

  describe('by an order to go back, before another revision was deployed', () => {
    const back: StartMode = {
      mode: 'checkpoint',
      checkpointId: 'ckp_5' as CheckpointId,
      rollbackId: 'rbk_1' as RollbackId,
    };
    const [fits, differs] = [aShape(), aShape(1_000)];
    const shapes = { recent: fits, totals: fits };
    const decided = (wanted: StartFacts['wanted']['shapes'], policy: StartFacts['policy']) => {
      const asked = aCheckpoint(5, { shapes });
      return decideStart(facts({ policy, revision: 2, wanted: { shapes: wanted }, startMode: back, asked })).verdict;
    };
    const from = { kind: 'checkpoint', checkpointId: 'ckp_5', opens: 'new_timeline' } as const;

    it('takes of the state what fits, if the policy lets the rest start empty', () => {
      const wanted = { recent: differs, totals: fits };
      expect(decided(wanted, 'reset_keep_offsets')).toEqual({ outcome: 'start', from, reasonCode: 'OPERATORS_RESET' });
      for (const policy of ['ask', 'fail'] as const) {
        expect(decided(wanted, policy)).toMatchObject({ outcome: policy, reasonCode: 'STATE_DOES_NOT_FIT' });
      }
    });

    it('begins empty after its batch where nothing fits', () => {
      expect(decided({ recent: differs, totals: differs }, 'reset_keep_offsets')).toEqual({
        ...{ outcome: 'start', from: { ...from, withoutState: true }, reasonCode: 'OPERATORS_RESET' },
      });
      expect(decided({}, 'reset_keep_offsets')).toMatchObject({ from: { ...from, withoutState: true } });
    });

    it('promises and does the same as the plan of the upgrade', () => {
      const anyShapes = fc.constantFrom(
        ...[{ totals: fits }, { totals: differs }, { recent: fits, totals: differs }],
        ...[{ recent: differs, totals: differs }, { recent: fits, totals: fits }, {}],
      );
      fc.assert(
        fc.property(anyShapes, fc.constantFrom(...RESTORE_POLICIES), (wanted, policy) => {
          const { outcome } = planUpgrade(
            {
              ...{ revision: 1, manifest: aManifest(shapes), committedOffsets: { in: { '0': 5 } }, processingMs: [] },
              stored: { checkpointId: 'ckp_5' as CheckpointId, shapes, rows: 1, bytes: 10 },
            },
            { manifest: aManifest(wanted), config: aConfig(policy), options: NO_UPGRADE_OPTIONS },
          );
          expect(decided(wanted, policy).outcome === 'start').toBe(outcome === 'proceed');
        }),
      );
    });
  });

  it('begins with no state at the last commit, or at the beginning where there is none', () => {
    const startMode = { mode: 'offsets-only' } as const;
    expect(decideStart(facts({ startMode })).verdict).toMatchObject({
      from: { kind: 'offsets_only', offsets: { in: { '0': 7 } } },
      reasonCode: 'ASKED_OFFSETS_ONLY',
    });
    expect(decideStart(facts({ startMode, committedOffsets: undefined })).verdict).toMatchObject({
      from: { kind: 'beginning' },
    });
  });

  it('says for each place to begin why, and begins there whatever checkpoints there are', () => {
    const offsets = { in: { '0': 3 } };
    const anyFacts = fc.record({
      policy: fc.constantFrom(...RESTORE_POLICIES),
      checkpoints: fc.subarray([aCheckpoint(9), aCheckpoint(5, { status: 'corrupt' })]),
      plansReachBeginning: fc.boolean(),
    });
    const modes = START_MODES.filter((mode) => mode !== 'latest-checkpoint' && mode !== 'checkpoint');
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...modes), (found, mode) => {
        const startMode = { mode, offsets, timestampMs: 0 } as StartMode;
        const { verdict, candidates } = decideStart(facts({ ...found, startMode, committedOffsets: offsets }));
        const reasonCode = `ASKED_${mode.toUpperCase().replace('-', '_')}`;
        expect([verdict, candidates]).toEqual([
          { outcome: 'start', from: { kind: 'offsets_only', offsets }, reasonCode },
          [],
        ]);
      }),
    );
  });
});

describe('a timeline that begins with the state of a checkpoint', () => {
  const base = aCheckpoint(5, { timeline: 1 });
  const baseCheckpointId = base.id;

  it('says so as long as that is the newest', () => {
    const first = decideStart(facts({ checkpoints: [base], baseCheckpointId }));
    expect(first.verdict).toMatchObject({
      from: { checkpointId: base.id, offsetsFrom: 'timeline' },
      reasonCode: 'TIMELINE_BASE',
    });
    const later = decideStart(facts({ checkpoints: [aCheckpoint(6, { timeline: 2 }), base], baseCheckpointId }));
    expect(later.verdict).toMatchObject({ from: { checkpointId: 'ckp_6' }, reasonCode: 'NEWEST_CHECKPOINT' });
    expect(later.verdict).not.toHaveProperty('from.offsetsFrom');
  });

  it('says first that a newer one could not be read, or that operators start empty, and still whose offsets it takes', () => {
    const from = { checkpointId: base.id, offsetsFrom: 'timeline' };
    const newer = aCheckpoint(6, { timeline: 2, status: 'corrupt' });
    const older = decideStart(facts({ checkpoints: [newer, base], baseCheckpointId }));
    expect(older.verdict).toMatchObject({ from, reasonCode: 'OLDER_CHECKPOINT' });

    const wanted = { shapes: { totals: aShape(), recent: aShape(2_000) } };
    const changed = aCheckpoint(5, { shapes: { totals: aShape(), recent: aShape(1_000) } });
    const checkpoints = [changed];
    const reset = decideStart(facts({ policy: 'reset_keep_offsets', wanted, checkpoints, baseCheckpointId }));
    expect(reset.verdict).toMatchObject({ from, reasonCode: 'OPERATORS_RESET' });
  });

  it('never begins empty instead', () => {
    const damaged = { ...base, status: 'corrupt' } as const;
    expect(decideStart(facts({ checkpoints: [damaged], baseCheckpointId })).verdict).toMatchObject({
      outcome: 'ask',
      reasonCode: 'NO_READABLE_CHECKPOINT',
    });
  });
});

describe('what takes a job back', () => {
  it('was ordered, or comes by itself: a start that was told where to begin is none', () => {
    const back = { mode: 'checkpoint', checkpointId: 'ckp_5' as CheckpointId } as const;
    const ordered = { ...back, rollbackId: 'rbk_1' as RollbackId };
    const byItself = { ...back, byItself: true } as const;
    expect([ordered, byItself, back, { mode: 'offsets-only' } as const, undefined].map(goingBack)).toEqual([
      ...[ordered, byItself, undefined, undefined, undefined],
    ]);
  });
});
