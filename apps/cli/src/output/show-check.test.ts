import { expect, it } from 'vitest';
import type { CheckReport, Comparison } from '../local/check-bundle.js';
import type { OutputDifference } from '../local/output-difference.js';
import { showCheck } from './show-check.js';

const comparison = (differences: readonly OutputDifference[], more: Partial<Comparison> = {}): Comparison => ({
  ...{ checkpointId: 'ckp_1', timeline: 1, firstBatchId: 3, lastBatchId: 7, recordsIn: 50, stateRows: 9 },
  sinks: [
    { ...{ sink: 'out', before: 40, after: 40, same: 40 - differences.length, added: 0, removed: 0 }, changed: 1 },
  ],
  ...{ differences, leftOut: 0, passedOver: [], failure: null, ...more },
});

function shown(outcome: CheckReport['outcome'], ran: Comparison | null, objections: readonly string[] = []): string {
  const plan = {
    ...{ id: 'upl_1', revision: 1, checkpointId: 'ckp_2', outcome: 'proceed', objections: [], warnings: [] },
    ...{ operators: [], logicChanged: [], logicUnknown: [], sources: [], sinks: [], tried: null, estimatedGapMs: 1 },
    state: { rows: 9, bytes: 100, convertsState: false },
  } as unknown as CheckReport['plan'];
  return showCheck({ outcome, objections, plan, comparison: ran }).join('\n');
}

const total = (sum: number) => ({ page: 'a', sum });

it('shows of a changed row what is not the same, under its key', () => {
  const one = {
    batchId: 3,
    sink: 'out',
    change: 'changed',
    key: { page: 'a' },
    before: total(1),
    after: total(2),
  } as const;
  const text = shown('differs', comparison([one]));
  expect(text).toMatch(/^ +3 +out +changed +page="a" +sum: 1 → 2$/m);
  expect(text).toMatch(/^ran +batches 3 to 7, with both bundles; 50 records$/m);
  expect(text.endsWith('differs: it takes the state over, and gives something else')).toBe(true);
});

it('shows twenty differences and says how many there are', () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    ...{ batchId: index, sink: 'out', change: 'added', key: `k${index}`, after: [`k${index}`, 1] },
  })) as readonly OutputDifference[];
  const text = shown('differs', comparison(many));
  expect(text).toContain('and 10 more; --json has all of them');
  expect(text).toContain('["k19",1]');
  expect(text).not.toContain('["k20",1]');
  expect(shown('differs', comparison(many, { leftOut: 5 }))).toContain('and 15 more; --json has all but 5 of them');
});

it('says in which batch the new code fails, and what stands in the way', () => {
  const failure = { batchId: 5, code: 'job_code_threw', message: 'It threw.' };
  expect(shown('differs', comparison([], { failure }))).toContain('! batch 5 does not run: It threw.');
  expect(shown('incompatible', null, ['"a" would start empty'])).toContain('! "a" would start empty');
});

it('says which batches were passed over, and why', () => {
  const many = Array.from({ length: 22 }, (_, index) => ({ batchId: index + 30, reason: 'has set records aside' }));
  const text = shown('equal', comparison([], { passedOver: [...many, { batchId: 9, reason: 'has read more' }] }));
  expect(text).toMatch(/^- passed over with both: 30, 31, .*, 49 and 2 more; such a batch has set records aside$/m);
  expect(text).toMatch(/^- passed over with both: 9; such a batch has read more$/m);
});

it('does not say of output that nobody has seen that it is the same', () => {
  expect(shown('equal', null)).toContain('no output was compared');
  expect(shown('equal', comparison([], { sinks: [] }))).toContain('no output was compared');
  expect(shown('equal', comparison([]))).toContain('gives what the job gives');
});
