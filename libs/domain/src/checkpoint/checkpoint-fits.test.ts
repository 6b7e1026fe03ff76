import { describe, expect, it } from 'vitest';
import type { CheckpointId } from '../ids.js';
import type { StateShape } from './checkpoint.js';
import { CheckpointFits } from './checkpoint-fits.js';
import { NO_UPGRADE_OPTIONS } from './compatibility.js';
import { fitOf, type RestoreFacts } from './restore-decision.js';

type Facts = ConstructorParameters<typeof CheckpointFits>[0];
type OneCheckpoint = RestoreFacts['checkpoints'][number];

const aShape = (more: Partial<StateShape> = {}): StateShape => ({
  kind: 'fold',
  key: 'json',
  value: 'json',
  codec: { name: 'json', version: 1 },
  parameters: {},
  ...more,
});

/** A schema of about 300 kB, of which some twenty can be compared before there is nothing left. */
const large = (title: string, type = 'integer'): StateShape =>
  aShape({ schema: { type: 'object', title, properties: { ['x'.repeat(100_000)]: { type } } } });

const aCheckpoint = (shapes: OneCheckpoint['shapes'], more: Partial<OneCheckpoint> = {}): OneCheckpoint => ({
  id: 'ckp_1' as CheckpointId,
  ...{ timeline: 1, batchId: 1, revision: 1, status: 'complete', shapes },
  ...more,
});

const facts = (shapes: Facts['wanted']['shapes'], more: Partial<Facts> = {}): Facts => ({
  ...{ policy: 'ask', revision: 2, wanted: { shapes }, upgrade: NO_UPGRADE_OPTIONS },
  ...more,
});

const outcomes = (fits: CheckpointFits, checkpoints: readonly OneCheckpoint[]): readonly string[] =>
  checkpoints.map((checkpoint) => fits.of(checkpoint).outcome);

describe('what checkpoints are worth to a revision', () => {
  it('is what each is worth by itself', () => {
    const wanted = facts({ totals: aShape() }, { upgrade: { ...NO_UPGRADE_OPTIONS, drops: ['gone'] } });
    const checkpoints = [
      aCheckpoint({ totals: aShape(), gone: aShape() }),
      aCheckpoint({ totals: aShape(), gone: aShape() }, { revision: 2 }),
      aCheckpoint({ totals: aShape({ kind: 'process' }) }),
      aCheckpoint({ totals: aShape() }, { status: 'corrupt' }),
      aCheckpoint({ totals: aShape() }),
    ];
    const fits = new CheckpointFits(wanted);

    const together = checkpoints.map((checkpoint) => fits.of(checkpoint));

    expect(together).toEqual(checkpoints.map((checkpoint) => fitOf(checkpoint, wanted)));
    expect(together.map(({ outcome }) => outcome)).toEqual([
      ...['fits', 'does_not_fit', 'does_not_fit', 'not_restorable', 'fits'],
    ]);
  });

  it('is found once for all that keep the same state', () => {
    const same = Array.from({ length: 100 }, () => aCheckpoint({ totals: structuredClone(large('before')) }));

    const fits = new CheckpointFits(facts({ totals: large('now') }));

    expect(new Set(outcomes(fits, same))).toEqual(new Set(['fits']));
  });

  it('is left open once what comparisons may cost is used up, and told of one that is asked for alone', () => {
    const different = Array.from({ length: 60 }, (_, index) => aCheckpoint({ totals: large(`before ${index}`) }));
    const last = aCheckpoint({ totals: large('the last') });
    const wanted = facts({ totals: large('now') });
    const fits = new CheckpointFits(wanted);

    const found = outcomes(fits, different);

    const compared = found.indexOf('not_compared');
    expect(compared).toBeGreaterThan(5);
    expect(new Set(found.slice(compared))).toEqual(new Set(['not_compared']));
    expect(fits.of(last)).toMatchObject({ outcome: 'not_compared', operators: [], reasons: [expect.any(String)] });
    expect(fits.of({ ...last, status: 'corrupt' })).toMatchObject({ outcome: 'not_restorable', operators: [] });
    expect(new CheckpointFits(wanted).of(last)).toMatchObject({ outcome: 'fits' });
  });

  it('is told of the first one although that takes more than there is, as a start would', () => {
    const huge = (title: string) =>
      aShape({ schema: { type: 'object', title, properties: { ['x'.repeat(4_000_000)]: { type: 'integer' } } } });
    const first = aCheckpoint({ totals: huge('before') });
    const wanted = facts({ totals: huge('now') });
    const fits = new CheckpointFits(wanted);

    expect(fits.of(first)).toEqual(fitOf(first, wanted));
    expect(fits.of(first)).toMatchObject({ outcome: 'does_not_fit' });
    expect(fits.of(aCheckpoint({ totals: large('before') }))).toMatchObject({ outcome: 'not_compared' });
  });

  it('is left open beyond some millions of characters of verdicts', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`operator-${index}`, aShape()]));
    const fits = new CheckpointFits(facts(many));

    const found = Array.from({ length: 100 }, () => fits.of(aCheckpoint({})));

    expect(found[0]).toMatchObject({ outcome: 'fits' });
    expect(found.at(-1)).toMatchObject({ outcome: 'not_compared' });
    expect(JSON.stringify(found).length).toBeLessThan(5 * 1024 * 1024);
  });
});
