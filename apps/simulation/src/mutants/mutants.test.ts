import { describe, expect, it } from 'vitest';
import '../testing/without-threads.js';
import { INVARIANTS, type Invariant } from '../invariants/invariants.js';
import { scriptOf, simulate } from '../simulate.js';
import { FOUND_BY } from './found-by.js';
import { MUTANTS, type MutantName } from './mutants.js';
import { TRIPPED_BY } from './tripped-by.js';

const names = Object.keys(MUTANTS) as MutantName[];

/** The first of the seeds that finds it, and by what. */
async function findOf(name: MutantName): Promise<{ readonly seed: number; readonly invariant: Invariant } | undefined> {
  for (const seed of FOUND_BY[name]) {
    const { broken } = await simulate(scriptOf(seed), { mutation: MUTANTS[name] });
    if (broken !== undefined) return { seed, invariant: broken.invariant };
  }
  return undefined;
}

describe('a fault of the protocol', () => {
  it('is found, whichever it is', async () => {
    const rows: string[] = [];
    const survivors: MutantName[] = [];
    for (const name of names) {
      const found = await findOf(name);
      if (found === undefined) survivors.push(name);
      else
        rows.push(
          `${name.padEnd(48)} seed ${String(found.seed).padStart(4)}  ${found.invariant.padEnd(4)} ${INVARIANTS[found.invariant]}`,
        );
    }
    console.log(rows.join('\n'));

    expect(survivors).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(12);
  });

  it('is found within the seeds of every run', () => {
    const late = names.filter((name) => FOUND_BY[name].every((seed) => seed >= 6_000));

    expect(late).toEqual([]);
  });
});

describe('what is held', () => {
  const rows = Object.entries(TRIPPED_BY).map(([invariant, { seed, fault }]) => ({ invariant, seed, fault }));

  it.each(rows)('can be seen to break: $invariant, where $fault', async ({ invariant, seed, fault }) => {
    const { broken } = await simulate(scriptOf(seed), { mutation: MUTANTS[fault] });

    expect(broken?.invariant).toBe(invariant);
    expect((await simulate(scriptOf(seed))).broken).toBeUndefined();
  });
});
