import { CALM, type Weather } from './world/stage.js';
import { CALM_QUEUE } from './world/run-queue.js';
import { simulate, type History, type Script } from './simulate.js';
import type { Mutation } from './world/world.js';

/** Other orders in which the same may go wrong: to leave something out changes what chance comes to. */
const ORDERS = 6;

/**
 * A history with less in it that still breaks something: without bad weather, and without whatever need not happen.
 * Answers with what it was given where nothing can be left out.
 */
export async function shrink(broken: History, mutation: Mutation = {}): Promise<History> {
  let least = broken;
  const tryTo = async (change: (script: Script) => Script): Promise<boolean> => {
    for (let order = 0; order < ORDERS; order += 1) {
      const script = change(least.script);
      const seed = order === 0 ? script.seed : script.seed + order * 1_000_003;
      const history = await simulate({ ...script, seed }, { mutation });
      if (history.broken === undefined) continue;
      least = history;
      return true;
    }
    return false;
  };
  const calmer: readonly Partial<Weather>[] = [CALM, { fails: 0, isAmbiguous: 0 }, { isStuck: 0 }, { isSlow: 0 }];
  for (const calm of calmer) await tryTo((script) => ({ ...script, weather: { ...script.weather, ...calm } }));
  await tryTo((script) => ({ ...script, queue: CALM_QUEUE, tears: 0 }));
  for (let size = least.script.happenings.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.script.happenings.length;) {
      const left = (script: Script): Script => ({ ...script, happenings: script.happenings.toSpliced(at, size) });
      if (!(await tryTo(left))) at += size;
    }
  }
  return simulate(least.script, { mutation, keepsHistory: true });
}

/** For people: what is broken, how to see it again, and what happened until then. */
export function tell(seed: number, found: History, shrunk: History): string {
  const { script, broken, lines } = shrunk;
  const happenings = script.happenings.map(({ atMs, name }) => `${atMs} ms: ${name}`);
  return [
    `Seed ${seed} breaks ${found.broken?.invariant ?? ''}: ${found.broken?.what ?? ''}`,
    `Shrunk, it breaks ${broken?.invariant ?? ''}: ${broken?.what ?? ''}`,
    `with ${happenings.length} happenings (${happenings.join(', ')}), in this order:`,
    ...lines,
    'Add the seed to REGRESSIONS in apps/simulation/src/regressions.ts once it is understood.',
  ].join('\n');
}
