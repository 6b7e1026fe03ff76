import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBase, chooseBaseBefore, chooseFilledBase, type Recorded } from './choose-base.js';

const at = (...batchIds: readonly number[]) => batchIds.map((batchId) => ({ id: `ckp_${batchId}`, batchId }));
/** From the newest down. */
const batches = (newest: number, oldest: number) =>
  Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);

const recorded = (more: Partial<Recorded>): Recorded => ({
  ...{ checkpoints: at(40, 30, 20, 10), batches: batches(45, 11), beganEmpty: false },
  ...more,
});

describe('what batches are run again from', () => {
  it('is the newest checkpoint with as many batches after it as are wanted', () => {
    expect(chooseBase(recorded({}), 5)).toEqual({ checkpoint: at(40)[0], batches: [41, 42, 43, 44, 45] });
    expect(chooseBase(recorded({}), 6)).toEqual({ checkpoint: at(30)[0], batches: [31, 32, 33, 34, 35, 36] });
  });

  it('is the oldest one where none has that many', () => {
    expect(chooseBase(recorded({}), 50)).toMatchObject({ checkpoint: { batchId: 10 }, batches: { length: 35 } });
  });

  it('is never one with a batch missing after it', () => {
    const gap = [...batches(45, 26), ...batches(24, 11)];
    expect(chooseBase(recorded({ batches: gap }), 50)).toMatchObject({ checkpoint: { batchId: 30 } });
    expect(chooseBase(recorded({ batches: batches(45, 21) }), 50)).toMatchObject({ checkpoint: { batchId: 20 } });
    expect(chooseBase(recorded({ batches: batches(45, 42) }), 50)).toBeUndefined();
  });

  it('is not a checkpoint that no batch came after', () => {
    expect(chooseBase(recorded({ batches: batches(40, 11) }), 5)).toMatchObject({ checkpoint: { batchId: 30 } });
    expect(chooseBase(recorded({ checkpoints: at(45) }), 5)).toBeUndefined();
  });

  it('is the beginning only where it was one, every batch is kept, and no checkpoint serves', () => {
    const began = { checkpoints: at(45), batches: batches(45, 1), beganEmpty: true };
    expect(chooseBase(recorded(began), 3)).toEqual({ checkpoint: undefined, batches: [1, 2, 3] });
    expect(chooseBase(recorded({ ...began, beganEmpty: false }), 3)).toBeUndefined();
    expect(chooseBase(recorded({ ...began, batches: batches(45, 2) }), 3)).toBeUndefined();
    expect(chooseBase(recorded({ ...began, checkpoints: at(44, 2) }), 3)).toMatchObject({ checkpoint: { batchId: 2 } });
    expect(chooseBase(recorded({ checkpoints: [], batches: [] }), 3)).toBeUndefined();
  });

  it('leads without a gap from its state to what is run', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
        fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
        fc.boolean(),
        fc.integer({ min: 1, max: 10 }),
        (checkpoints, ids, beganEmpty, wanted) => {
          const descending = (a: number, b: number): number => b - a;
          const given = { checkpoints: at(...checkpoints.sort(descending)), batches: ids.sort(descending), beganEmpty };
          const filled = chooseFilledBase(given, wanted, new Set([wanted]));
          expect(filled === undefined || filled.batches.includes(wanted)).toBe(true);
          for (const base of [chooseBase(given, wanted), chooseBaseBefore(given, wanted), filled]) {
            const after = base?.checkpoint?.batchId ?? 0;
            expect(base?.batches ?? []).toEqual((base?.batches ?? []).map((_, index) => after + index + 1));
            expect((base?.batches ?? []).every((id) => ids.includes(id))).toBe(true);
          }
        },
      ),
    );
  });
});

describe('what one batch is run again from', () => {
  it('is the newest checkpoint before it, with the batches in between', () => {
    expect(chooseBaseBefore(recorded({}), 33)).toEqual({ checkpoint: at(30)[0], batches: [31, 32, 33] });
    expect(chooseBaseBefore(recorded({}), 30)).toMatchObject({ checkpoint: { batchId: 20 }, batches: { length: 10 } });
  });

  it('is nothing where it is not kept, or not all between', () => {
    expect(chooseBaseBefore(recorded({}), 46)).toBeUndefined();
    expect(chooseBaseBefore(recorded({ batches: [45, 44, 33, 31] }), 33)).toBeUndefined();
    expect(chooseBaseBefore(recorded({ checkpoints: at(40) }), 33)).toBeUndefined();
  });

  it('is the beginning of a job that began with nothing', () => {
    const began = { checkpoints: [], batches: batches(9, 1) };
    expect(chooseBaseBefore({ ...began, beganEmpty: true }, 2)).toEqual({ checkpoint: undefined, batches: [1, 2] });
    expect(chooseBaseBefore({ ...began, beganEmpty: false }, 2)).toBeUndefined();
  });
});
