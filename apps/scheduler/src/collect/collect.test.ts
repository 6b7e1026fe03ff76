import { InMemoryObjectStore } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import type { CheckpointId } from '@tidemark/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSchedulingStore } from '../testing/scripted-scheduling-store.js';
import { ScriptedUpkeep } from '../testing/scripted-upkeep.js';
import { Collect } from './collect.js';

/** Objects below `stuck` cannot be removed. */
class StubbornStore extends InMemoryObjectStore {
  override async remove(path: string): Promise<void> {
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

  it('goes on past what cannot be removed, which it finds again', async () => {
    await retired('stuck');
    await retired('two');
    await objects.put('wal/1', new Uint8Array());
    store.held = ['stuck/wal', 'wal/1'];

    await expect(collect.pass(goOn)).rejects.toThrow('cannot be removed');

    expect(store.retired.map(({ path }) => path)).toEqual(['stuck']);
    expect(await objects.list('two')).toEqual([]);
    expect(await objects.list('wal')).toEqual([]);
    expect(store.done).toEqual(['prune events', 'prune runs', 'prune dead letters', 'prune keys']);
    expect(upkeep.judged).toBe(1);
  });

  it('ends early when the process does', async () => {
    await retired('one');

    await collect.pass(AbortSignal.abort());

    expect(store.retired).toHaveLength(1);
  });
});
