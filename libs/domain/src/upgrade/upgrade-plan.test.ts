import { expect, it } from 'vitest';
import { withTrial, type UpgradePlan } from './upgrade-plan.js';

const aPlan = (convertsState: boolean): UpgradePlan => ({
  outcome: 'proceed',
  objections: [],
  operators: [],
  logicChanged: [],
  logicUnknown: [],
  sources: [],
  sinks: [],
  state: { rows: 9, bytes: 90, convertsState },
  estimatedGapMs: 150,
  warnings: ['one'],
});

it('a plan says how much of the state was tried, and warns where that was less than was asked for', () => {
  const all = { rows: 9, ofRows: 9, isCutShort: false };
  expect(withTrial(aPlan(true), all)).toEqual({ ...aPlan(true), tried: all });
  expect(withTrial(aPlan(true), { ...all, rows: 5, isCutShort: true }).warnings).toEqual([
    'one',
    'Time was up after 5 of 9 rows of state: whether the others can be converted is not known.',
  ]);
});

it('a plan warns where state would be converted and there is none yet to try', () => {
  expect(withTrial(aPlan(true), undefined).warnings).toEqual([
    'one',
    'There is no checkpoint yet: no state was converted.',
  ]);
  expect(withTrial(aPlan(false), undefined)).toEqual(aPlan(false));
});
