import { InMemoryObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import type { CheckpointId } from '@tidemark/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSchedulingStore } from '../testing/scripted-scheduling-store.js';
import { ScriptedUpkeep } from '../testing/scripted-upkeep.js';
import { Collect } from './collect.js';

/** Objects below `stuck` cannot be removed. */
class StubbornStore extends InMemoryObjectStore {
  onRemove: () => void = () => undefined;

  override async remove(path: string): Promise<void> {
    this.onRemove();
    if (path.startsWith('stuck/')) throw new Error(`${path} cannot be removed`);
    await super.remove(path);
  }
}

let store: ScriptedSchedulingStore;
let upkeep: ScriptedUpkeep;
let objects: StubbornStore;
let collect: Collect;
const goOn = new AbortController().signal;

beforeEach(() => {
  store = new ScriptedSchedulingStore();
  upkeep = new ScriptedUpkeep();
  objects = new StubbornStore();
  collect = new Collect(store, upkeep, objects, {
    keep: { checkpoints: 5, batches: 10, events: 10, runs: 10 },
  } as SchedulerConfig);
});

async function retired(path: string): Promise<void> {
  await objects.put(`${path}/state/1.ndjson.zst`, new Uint8Array());
  await objects.put(`${path}/manifest.json`, new Uint8Array());
  store.retired.push({ id: `ckp_${path}` as CheckpointId, path });
}

describe('collecting', () => {
  it('removes the objects of a retired checkpoint, and forgets it', async () => {
    await retired('one');

    await collect.pass(goOn);

    expect(await objects.list('one')).toEqual([]);
    expect(store.retired).toEqual([]);
  });

  it('goes on past what cannot be removed, and comes back to it', async () => {
    await retired('stuck');
    await retired('two');
    await objects.put('stuck/wal', new Uint8Array());
    await objects.put('wal/1', new Uint8Array());
    store.batches = [['stuck/wal'], ['wal/1']];

    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');

    expect(store.retired.map(({ path }) => path)).toEqual(['stuck']);
    expect(await objects.list('two')).toEqual([]);
    expect(await objects.list('wal')).toEqual([]);
    expect(store.unneeded.flatMap(({ paths }) => paths)).toContain('stuck/wal');
    expect(store.done).toEqual(['prune events', 'prune runs', 'prune dead letters', 'prune keys']);
    expect(upkeep.judged).toBe(1);
  });

  it('comes to what was announced later, however much of what came before cannot be removed', async () => {
    const stuck = 150;
    const paths = [...Array<string>(stuck).fill('stuck/wal'), 'wal/1'];
    store.unneeded = paths.map((path, index) => ({ id: String(index + 1), paths: [path] }));
    await objects.put('wal/1', new Uint8Array());

    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');
    expect(await objects.list('wal')).toEqual(['wal/1']);
    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');
    expect(await objects.list('wal')).toEqual([]);

    // What is stuck comes again, from the first on.
    let tried = 0;
    objects.onRemove = () => {
      tried += 1;
    };
    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');
    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');
    expect(tried).toBe(stuck);
    expect(store.unneeded).toHaveLength(stuck);
  });

  it('forgets what a dropped batch held only when all of it is gone', async () => {
    const stopping = new AbortController();
    await objects.put('wal/1', new Uint8Array());
    await objects.put('wal/2', new Uint8Array());
    store.batches = [['wal/1', 'wal/2']];
    objects.onRemove = () => {
      stopping.abort();
    };
    await collect.pass(stopping.signal);
    expect(await objects.list('wal')).toEqual(['wal/2']);

    await collect.pass(goOn);
    expect(await objects.list('wal')).toEqual([]);
    expect(store.unneeded).toEqual([]);
  });

  it('drops batches in parts, and no more of them in one pass than are so many parts', async () => {
    store.batches = Array.from({ length: 100_500 }, () => []);

    await collect.pass(goOn);
    expect(store.batches).toHaveLength(500);

    await collect.pass(goOn);
    expect(store.batches).toHaveLength(0);
  });

  it('ends early when the process does', async () => {
    await retired('one');

    await collect.pass(AbortSignal.abort());

    expect(store.retired).toHaveLength(1);
  });
});
