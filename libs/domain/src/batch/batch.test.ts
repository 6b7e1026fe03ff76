import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own } from '../own.js';
import { heldObjects, offsetsAfter, type BatchPlan } from './batch.js';

const aPlan = (ranges: BatchPlan['ranges']): BatchPlan => ({ timeline: 1, batchId: 1, batchTimeMs: 1, ranges });

describe('the offsets after a plan', () => {
  it('keep what the plan does not read, and move what it does', () => {
    const before = { a: { x: 1, y: 2 }, b: { z: 3 } };
    const plan = aPlan({ a: { x: { from: 1, to: 5 } }, c: { w: { from: 0, to: 7 } } });
    expect(offsetsAfter(before, plan)).toEqual({ a: { x: 5, y: 2 }, b: { z: 3 }, c: { w: 7 } });
  });

  it('hold for partitions and sources of any name', () => {
    const aName = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'valueOf', 'toString'), fc.string());
    fc.assert(
      fc.property(aName, aName, fc.nat(), (uid, partition, to) => {
        const ranges = Object.fromEntries([[uid, Object.fromEntries([[partition, { from: 0, to }]])]]);
        const after = offsetsAfter({}, aPlan(ranges));
        const read = JSON.parse(JSON.stringify(after)) as typeof after;
        expect(own(own(read, uid) ?? {}, partition)).toBe(to);
      }),
    );
  });
});

describe('the objects that a plan holds', () => {
  it('are those that its ranges name', () => {
    expect(heldObjects(aPlan({ a: { x: { from: 0, to: 1, held: 'wal/1' }, y: { from: 0, to: 1 } } }))).toEqual([
      'wal/1',
    ]);
  });
});
