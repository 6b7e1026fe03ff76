import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import './testing/without-threads.js';
import { MUTANTS } from './mutants/mutants.js';
import { REGRESSIONS } from './regressions.js';
import { shrink, tell } from './shrink.js';
import { scriptOf, simulate } from './simulate.js';
import { KINDS } from './world/faults.js';

const SEEDS = env['TIDEMARK_NIGHTLY'] === undefined ? 6_000 : 1_000_000;
/** Of one core. Whatever else the machine does, this much is what the histories take. */
const CPU_MS_MAX = 60_000;
const TIMEOUT_MS = 12 * 3_600_000;
const TOLD_EVERY = 50_000;

/** Fails with the history of a seed that breaks something. */
async function mustHold(seed: number): Promise<void> {
  const history = await simulate(scriptOf(seed));
  if (history.broken !== undefined) expect.fail(tell(seed, history, await shrink(history)));
}

describe('the protocol', () => {
  it('holds in every history that has broken it before', async () => {
    for (const { seed } of REGRESSIONS) await mustHold(seed);
  });

  it(
    'F12: holds in every history, whatever dies, is late, comes twice, fails, or is ordered meanwhile',
    async () => {
      const before = process.cpuUsage();
      for (let seed = 0; seed < SEEDS; seed += 1) {
        await mustHold(seed);
        if (seed > 0 && seed % TOLD_EVERY === 0) console.log(`${seed} histories`);
      }
      const { user, system } = process.cpuUsage(before);
      const cpuMs = Math.round((user + system) / 1_000);
      console.log(`${SEEDS} histories in ${cpuMs} ms of one core`);
      if (SEEDS <= 6_000) expect(cpuMs).toBeLessThanOrEqual(CPU_MS_MAX);
    },
    TIMEOUT_MS,
  );
});

/** What some of the first histories must have in them: a simulation that never comes to it says nothing about it. */
const COMES_TO = [
  ...['rows: claim', 'rows: commit', 'rows: complete checkpoint', 'rows: end lost run', 'rows: end drained'],
  ...['rows: end back_off', 'rows: reject checkpoint', 'rows: disown', 'rows: retire checkpoints', 'rows: verified'],
  ...['rows: unreadable', 'rows: note orphans', 'rows: retire runner', 'api: fork', 'api: roll back', 'api: deploy'],
  ...['is done, and seems to fail', '(after its end)', 'is gone with its host', 'loses ', 'remove ', 'seems to fail'],
];

describe('the histories', () => {
  it('come to everything that may go wrong', async () => {
    const seen = new Set<string>();
    const wanted = [...COMES_TO, ...Object.keys(KINDS).filter((name) => name !== 'data')];
    for (let seed = 0; seed < 300 && seen.size < wanted.length; seed += 1) {
      const { lines } = await simulate(scriptOf(seed), { keepsHistory: true });
      const text = lines.join('\n');
      for (const what of wanted) if (text.includes(what)) seen.add(what);
    }

    expect(wanted.filter((what) => !seen.has(what))).toEqual([]);
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
