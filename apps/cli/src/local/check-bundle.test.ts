import type { UpgradePlan } from '@tidemark/sdk';
import { describe, expect, it } from 'vitest';
import { objectionsTo } from './check-bundle.js';

const RESET = { uid: 'recent', verdict: 'reset', reason: '"recent": windowMs was 1000 and is now 2000' };

const plan = (more: object): UpgradePlan =>
  ({
    outcome: 'proceed',
    objections: [],
    operators: [{ uid: 'totals', verdict: 'as_is' }],
    ...more,
  }) as unknown as UpgradePlan;

describe('a bundle is incompatible', () => {
  it('where something stands in the way of its deployment', () => {
    expect(objectionsTo(plan({ outcome: 'ask', objections: ['no'] }), {})).toEqual(['no']);
    expect(objectionsTo(plan({ outcome: 'refuse' }), {})).toHaveLength(1);
    expect(objectionsTo(plan({}), {})).toEqual([]);
  });

  it('where it would be deployed and lose state that nobody has given up', () => {
    expect(objectionsTo(plan({ operators: [RESET] }), {})).toEqual([RESET.reason]);
    expect(objectionsTo(plan({ operators: [RESET] }), { resets: ['recent'] })).toEqual([]);
    const dropped = { uid: 'old', verdict: 'dropped', reason: '"old" is not in the job any more' };
    expect(objectionsTo(plan({ operators: [dropped] }), {})).toEqual([dropped.reason]);
    expect(objectionsTo(plan({ operators: [dropped] }), { drops: ['old'] })).toEqual([]);
  });
});
