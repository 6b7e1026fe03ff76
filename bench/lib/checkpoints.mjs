// What the checkpoint of a large state costs: the whole state, a restore from it, and then what one key in a hundred has
// changed. The job is the built-in keyed aggregate; every key has one record. Checkpoints are the ones with which a
// job ends, so that exactly these two are written, each by a process that has not written one before.
import { join } from 'node:path';
import { appendEvents, writeEvents } from './generate.mjs';
import { checkpointsOf, clearOutput, folderOf, restoresOf, submit, untilFinished } from './service.mjs';
import { median } from './statistics.mjs';

const SEED = 7;
const NEVER_MS = 86_400_000;
const DELTA_SHARE = 0.01;

export async function measureCheckpoints(instance, { keys, repetitions, say }) {
  const runs = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) runs.push(await once(instance, keys));
  const of = (figure) => Math.round(median(runs.map(figure)) * 100) / 100;
  const result = {
    name: 'checkpoint',
    keys,
    recordsPerSecond: null,
    ratio: null,
    pauseMs: of(({ full }) => full.pauseMs),
    durableMs: of(({ full }) => full.durableMs),
    checkpointBytes: of(({ full }) => full.bytes),
    restoredMs: of(({ restored }) => restored.ms),
    deltaKeys: of(({ deltaKeys }) => deltaKeys),
    deltaPauseMs: of(({ delta }) => delta.pauseMs),
    deltaDurableMs: of(({ delta }) => delta.durableMs),
    deltaBytes: of(({ delta }) => delta.bytes),
    repetitions: runs,
  };
  const { pauseMs, durableMs, restoredMs, deltaPauseMs } = result;
  say(
    `checkpoint of ${keys} keys: pause ${pauseMs} ms, durable ${durableMs} ms, restored ${restoredMs} ms, delta ${deltaPauseMs} ms`,
  );
  return result;
}

async function once(instance, keys) {
  const folder = folderOf(instance, 'events');
  const deltaKeys = Math.round(DELTA_SHARE * keys);
  await clearOutput(instance);
  await writeEvents(folder, { records: keys, keys, seed: SEED, keysInOrder: true });
  const id = await submit(instance, 'aggregate', { checkpointIntervalMs: NEVER_MS });
  await untilFinished(instance, id);
  await appendEvents(join(folder, 'events-2.jsonl'), { records: deltaKeys, keys, seed: SEED, keysInOrder: true });
  const { epoch } = await instance.tidemark.jobs.get(id);
  await instance.tidemark.jobs.start(id);
  await untilFinished(instance, id, { afterEpoch: epoch });

  const [full, delta, ...more] = await checkpointsOf(instance, id);
  if (full?.kind !== 'full' || delta?.kind !== 'delta' || more.length > 0) {
    throw new Error(`These are not a whole checkpoint and a delta: ${JSON.stringify([full, delta, ...more])}`);
  }
  // The first one is the start of the job, from nothing.
  const [, restored] = await restoresOf(instance, id);
  if (restored.rebuilt.length > 0) throw new Error('The restore had to run batches again: it is no restore alone.');
  return { full, delta, restored, deltaKeys };
}
