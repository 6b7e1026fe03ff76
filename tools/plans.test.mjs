import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cadenceOf, quantile } from './plans/cadence.mjs';

const INTERVAL_MS = 200;

/** Batch `id` of a job that reads ten bytes a batch and commits 10 ms after each tick. */
function aBatch(id, { lateMs = 10, from = 10 * (id - 1), tick = id } = {}) {
  const at = (ms) => new Date(ms).toISOString();
  return {
    ...{ timeline: 1, batchId: id, batchTime: at(tick * INTERVAL_MS) },
    ranges: { in: { 'a.jsonl': { from, to: 10 * id } } },
    commit: { committedAt: at(tick * INTERVAL_MS + lateMs), nextOffsets: { in: { 'a.jsonl': 10 * id } } },
  };
}

describe('the cadence of batches', () => {
  it('is without a gap, and as late as each was committed after it was due', () => {
    const batches = [aBatch(4), aBatch(5, { lateMs: 35 }), aBatch(6)];
    assert.deepEqual(cadenceOf(batches, INTERVAL_MS), { gaps: [], delaysMs: [35, 10] });
  });

  it('counts a batch from when it was due, also where its time is a later tick', () => {
    assert.deepEqual(cadenceOf([aBatch(1), aBatch(2, { tick: 4 })], INTERVAL_MS).delaysMs, [2 * INTERVAL_MS + 10]);
  });

  it('has a gap where an id is missing, a timeline is another, or a batch is open', () => {
    const gapsOf = (...batches) => cadenceOf(batches, INTERVAL_MS).gaps.length;
    assert.equal(gapsOf(aBatch(1), aBatch(3, { from: 10 })), 1);
    assert.equal(gapsOf(aBatch(1), { ...aBatch(2), timeline: 2 }), 1);
    assert.equal(gapsOf(aBatch(1), { ...aBatch(2), commit: null }), 1);
  });

  it('has a gap where a range does not begin at what was reached, a new partition at its start', () => {
    const { gaps } = cadenceOf([aBatch(1), aBatch(2, { from: 12 })], INTERVAL_MS);
    assert.deepEqual(gaps, ['batch 2 reads in/a.jsonl from 12, not from 10']);
    const grown = { ...aBatch(2), ranges: { in: { 'b.jsonl': { from: 0, to: 5 } } } };
    assert.deepEqual(cadenceOf([aBatch(1), grown], INTERVAL_MS).gaps, []);
  });

  it('has quantiles by the nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    assert.deepEqual([quantile(values, 0.5), quantile(values, 0.99), quantile([], 0.5)], [3, 5, 0]);
  });
});
