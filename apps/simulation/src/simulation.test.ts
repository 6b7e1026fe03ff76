import { describe, expect, it } from 'vitest';
import './testing/without-threads.js';
import { MUTANTS } from './mutants/mutants.js';
import { REGRESSIONS } from './regressions.js';
import { shrink, tell } from './shrink.js';
import { scriptOf, simulate } from './simulate.js';
import { mustHold } from './testing/must-hold.js';
import { Chance } from './world/chance.js';
import { KINDS, letHappen } from './world/faults.js';
import { World } from './world/world.js';

describe('the protocol', () => {
  it('holds in every history that has broken it before', async () => {
    for (const { seed } of REGRESSIONS) await mustHold(seed);
  });
});

/** How steps begin and end that some of the first histories must have: a simulation that never comes to one proves nothing of it. */
const COMES_TO = [
  ...['rows: claim', 'rows: commit', 'rows: complete checkpoint', 'rows: end lost run', 'rows: end drained'],
  ...['rows: end back_off', 'rows: reject checkpoint', 'rows: disown', 'rows: retire checkpoints', 'rows: verified'],
  ...['rows: unreadable', 'rows: note orphans', 'rows: retire runner', 'api: fork', 'api: roll back', 'api: deploy'],
  ...['is gone with its host', 'loses ', 'remove ', 'rows: prune batches', 'source: backlog'],
];
const ENDS_WITH = [' is done, and seems to fail', ' (after its end)', ' fails', ' that skips'];
/** When it happened, to whom, and what. */
const STEP = /^ *\d+ {2}(?:[a-z]+(?: \d+)?)? +(?<what>.*)$/;

describe('the histories', () => {
  it('come to everything that may go wrong', async () => {
    const missing = new Set([...COMES_TO, ...ENDS_WITH, ...Object.keys(KINDS)]);
    for (let seed = 0; seed < 300 && missing.size > 0; seed += 1) {
      const { lines, struck } = await simulate(scriptOf(seed), { keepsHistory: true });
      for (const kind of struck) missing.delete(kind);
      for (const line of lines) {
        const what = STEP.exec(line)?.groups?.['what'] ?? '';
        for (const begins of COMES_TO) if (what.startsWith(begins)) missing.delete(begins);
        for (const ends of ENDS_WITH) if (what.endsWith(ends)) missing.delete(ends);
      }
    }

    expect([...missing]).toEqual([]);
  });

  it('are said to come to an order only where it does something', async () => {
    const world = new World(new Chance(1));
    letHappen(world, { atMs: 0, name: 'stop', seed: 1 });
    letHappen(world, { atMs: 0, name: 'damage', seed: 1 });
    letHappen(world, { atMs: 0, name: 'clock steps', seed: 1 });
    world.startRunner();
    letHappen(world, { atMs: 0, name: 'clock steps', seed: 1 });

    expect([...world.struck]).toEqual(['clock steps']);
  });
});

describe('a history', () => {
  it('is the same for the same seed, to the last step', async () => {
    for (const seed of [3, 34, 289]) {
      const [once, again] = [
        await simulate(scriptOf(seed), { keepsHistory: true }),
        await simulate(scriptOf(seed), { keepsHistory: true }),
      ];
      expect(once.lines.length).toBeGreaterThan(100);
      expect(again.lines).toEqual(once.lines);
    }
  });

  it('is cut to what it needs to break, and told with every step until then', async () => {
    const mutation = MUTANTS['a rollback stays on its timeline'];
    const seed = 5;
    const found = await simulate(scriptOf(seed), { mutation });
    const shrunk = await shrink(found, mutation);

    expect(found.broken?.invariant).toBe('I10');
    expect(shrunk.broken?.invariant).toBe('I10');
    expect(shrunk.script.happenings.length).toBeLessThan(found.script.happenings.length / 2);
    expect(shrunk.script.happenings.map(({ name }) => name)).toContain('rollback');
    expect(tell(seed, found, shrunk)).toMatch(/Seed 5 breaks I10.*\n(.*\n)*.*api: roll back/);
  });
});
