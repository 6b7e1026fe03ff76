import { describe, expect, it } from 'vitest';
import { sizeOf, snapshotKind } from './chain.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { aBlock, aCheckpoint } from './testing/a-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

describe('the next checkpoint', () => {
  it.each([
    ['full', 'there is nothing to build on', undefined],
    ['delta', 'the base is new', { baseBytes: 100, deltaBytes: 0, deltas: 0 }],
    ['delta', 'the deltas are half as large as their base', { baseBytes: 100, deltaBytes: 50, deltas: 9 }],
    ['full', 'they are larger than that', { baseBytes: 100, deltaBytes: 51, deltas: 1 }],
    ['full', 'there are ten of them, however small', { baseBytes: 100, deltaBytes: 10, deltas: 10 }],
    ['delta', 'there is no state yet', { baseBytes: 0, deltaBytes: 0, deltas: 0 }],
    ['full', 'all of the state came after the base', { baseBytes: 0, deltaBytes: 1, deltas: 1 }],
  ] as const)('is %s when %s', (kind, _, size) => {
    expect(snapshotKind(size)).toBe(kind);
  });

  it.each([
    ['delta', 'there are ten of them', { baseBytes: 100, deltaBytes: 10, deltas: 10 }],
    ['delta', 'they are as large as their base', { baseBytes: 100, deltaBytes: 100, deltas: 1 }],
    ['full', 'they are larger than that', { baseBytes: 100, deltaBytes: 101, deltas: 1 }],
    ['full', 'there are twenty of them', { baseBytes: 100, deltaBytes: 10, deltas: 20 }],
    ['full', 'there is nothing to build on', undefined],
  ] as const)('is %s, where somebody waits for the run to end, when %s', (kind, _, size) => {
    expect(snapshotKind(size, true)).toBe(kind);
  });

  it('is decided by the stored bytes of all operators and by the checkpoints that wrote any', async () => {
    const store = new InMemoryObjectStore();
    const whole = aCheckpoint(1, [aBlock('a', { x: 1 }), aBlock('b', { x: 1 })]);
    const base = await writeCheckpoint(store, whole);
    const { shapes } = whole;
    const idle = await writeCheckpoint(store, aCheckpoint(2, [], { shapes, parent: base.chain }));
    const delta = await writeCheckpoint(store, aCheckpoint(3, [aBlock('b', { x: 2 })], { shapes, parent: idle.chain }));

    const baseBytes = base.written.bytesWritten;
    expect(sizeOf(base.chain)).toEqual({ baseBytes, deltaBytes: 0, deltas: 0 });
    expect(sizeOf(idle.chain)).toEqual({ baseBytes, deltaBytes: 0, deltas: 0 });
    expect(sizeOf(delta.chain)).toEqual({ baseBytes, deltaBytes: delta.written.bytesWritten, deltas: 1 });
    expect(delta.written.stateBytes).toBe(baseBytes + delta.written.bytesWritten);
  });
});
