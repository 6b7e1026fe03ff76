import { env } from 'node:process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePaths } from '@tidemark/domain';
import { aDigest, aRunnerId, aTenant, stores } from '@tidemark/persistence/testing';
import { FsObjectStore } from '@tidemark/stores';
import { postgresTest } from '@tidemark/testing';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { KeptWorld } from '../testing/kept-world.js';
import { Steps, type Crash } from '../testing/steps.js';

const RUNS = env['TIDEMARK_NIGHTLY'] === undefined ? 200 : 10_000;
/** So often a long run says how far it is. */
const TOLD_EVERY = 500;
const TIMEOUT_MS = 3 * 3_600_000;
const JOBS = 2;

/** One of the jobs, and one of its checkpoints, counted from the oldest. */
const which = fc.nat({ max: 7 });
/** Keys that a checkpoint holds or has changed; without any it writes no file. */
const keys = fc.constantFrom(0, 1, 3, 40);
const aCrash: fc.Arbitrary<Crash> = fc.record({ at: fc.integer({ min: 1, max: 12 }), after: fc.boolean() });
const maybeCrash = fc.option(aCrash, { nil: undefined });
const limit = (max: number) => fc.option(fc.nat({ max }), { nil: undefined });

/** Something that happens, with all that chance has to say about it. */
interface Happening {
  readonly name: string;
  readonly how: unknown;
  readonly to: (world: KeptWorld) => Promise<unknown>;
}

const command = <T>(
  name: string,
  weight: number,
  chance: fc.Arbitrary<T>,
  run: (world: KeptWorld, how: T) => Promise<unknown>,
) => ({ weight, arbitrary: chance.map((how): Happening => ({ name, how, to: (world) => run(world, how) })) });

const job = (world: KeptWorld, number: number) => {
  const found = world.jobs[number % world.jobs.length];
  if (found === undefined) throw new Error('There is no job.');
  return found;
};

/** How a run gives way to the next one. */
const starting = { lost: fc.boolean(), collects: fc.boolean() };
const started = (world: KeptWorld, how: { readonly lost: boolean; readonly collects: boolean }) => ({
  lost: how.lost,
  ...(how.collects ? { meanwhile: () => world.collect() } : {}),
});

/** Everything that can happen. What is added here is mixed with all the rest. */
const COMMANDS = [
  command('checkpoint', 8, fc.record({ which, keys, crash: maybeCrash }), (world, how) =>
    world.take(job(world, how.which), how.keys, new Steps(how.crash)),
  ),
  /** Its run is taken for dead while it writes, and another one has the job when it goes on. */
  command(
    'checkpointOfFormerRun',
    2,
    fc.record({ which, keys, at: fc.integer({ min: 1, max: 4 }), collects: fc.nat({ max: 2 }) }),
    async (world, how) => {
      const frozen = job(world, how.which);
      let isLost = false;
      const happens = async (): Promise<void> => {
        isLost = true;
        await world.restart(frozen, { lost: true });
        for (let count = 0; count < how.collects; count += 1) await world.collect();
      };
      const taken = await world.take(frozen, how.keys, new Steps(undefined, { at: how.at, happens }));
      if (isLost) expect(taken).toBeUndefined();
    },
  ),
  command('savepoint', 2, fc.record({ which, keys, crash: maybeCrash }), (world, how) =>
    world.savepoint(job(world, how.which), how.keys, new Steps(how.crash)),
  ),
  command('collect', 4, maybeCrash, (world, crash) => world.collect(crash)),
  command('sweep', 3, maybeCrash, (world, crash) => world.sweep(crash)),
  command('verify', 2, maybeCrash, (world, crash) => world.verify(crash)),
  /** Two schedulers think they lead, while a checkpoint is written. */
  command('together', 2, fc.record({ which, keys }), async (world, how) => {
    const taking = world.take(job(world, how.which), how.keys);
    const [taken] = await Promise.all([taking, world.collect(), world.collect(), world.verify()]);
    expect(taken).toBeDefined();
  }),
  command('restart', 3, fc.record({ which, ...starting }), (world, how) =>
    world.restart(job(world, how.which), started(world, how)),
  ),
  command('rollBack', 3, fc.record({ which, checkpoint: which, ...starting }), (world, how) =>
    world.rollBack(job(world, how.which), how.checkpoint, started(world, how)),
  ),
  command('undo', 1, fc.record({ which, ...starting }), (world, how) =>
    world.undo(job(world, how.which), started(world, how)),
  ),
  command('upgrade', 2, fc.record({ which, ...starting }), (world, how) =>
    world.upgrade(job(world, how.which), started(world, how)),
  ),
  command('fail', 1, which, (world, number) => world.fail(job(world, number))),
  command('fork', 2, fc.record({ which, checkpoint: which, collects: fc.boolean() }), (world, how) =>
    world.fork(job(world, how.which), how.checkpoint, how.collects),
  ),
  command(
    'limits',
    2,
    fc.record({
      which,
      checkpoints: fc.integer({ min: 1, max: 4 }),
      ageHours: limit(48),
      bytes: limit(3_000),
      ofTenant: fc.boolean(),
    }),
    (world, { ofTenant, checkpoints, ageHours, bytes, ...how }) => {
      const limits = { checkpoints, bytes, ageMs: ageHours === undefined ? undefined : ageHours * 3_600_000 };
      const {
        stores: { retention },
        tenantId,
      } = world;
      const { jobId } = job(world, how.which);
      return ofTenant ? retention.setOfTenant(tenantId, limits) : retention.setOfJob(tenantId, jobId, limits);
    },
  ),
  command('pin', 2, fc.record({ which, checkpoint: which, by: which }), (world, how) =>
    world.pin(job(world, how.which), how.checkpoint, job(world, how.by).jobId),
  ),
  command('release', 1, which, (world, number) => world.release(number)),
  command('deleteJob', 1, which, (world, number) => world.deleteJob(job(world, number))),
  command('time', 3, fc.integer({ min: 1, max: 30 }), (world, hours) => world.letPass(hours)),
];

const happenings = fc.array(fc.oneof(...COMMANDS), { minLength: 4, maxLength: 25, size: 'max' });

describe('R19, I6, I9: whatever happens to checkpoints, in which order, and wherever a process dies', () => {
  postgresTest(
    'every job can be restored, no row is without its objects, and nothing without a row outlives the grace period',
    { timeout: TIMEOUT_MS },
    async ({ dataSource }) => {
      const folder = await mkdtemp(join(tmpdir(), 'tidemark-keeping-'));
      const objects = await FsObjectStore.open(folder);
      const all = stores(dataSource);
      const runnerId = aRunnerId();
      await all.runs.registerRunner({ id: runnerId, host: 'here', pid: 1, slots: 4, sandbox: {} });
      let lived = 0;
      const property = fc.asyncProperty(happenings, async (list) => {
        const tenantId = await aTenant(dataSource);
        await objects.put(bundlePaths(tenantId, aDigest()).code, new Uint8Array());
        const world = new KeptWorld(tenantId, runnerId, dataSource, all, objects);
        for (let count = 0; count < JOBS; count += 1) await world.addJob();
        for (const happening of list) {
          await happening.to(world);
          await world.check();
        }
        await world.settle();
        await clear(dataSource);
        lived += 1;
        if (lived % TOLD_EVERY === 0) console.log(`${lived} of ${RUNS} interleavings without a violation`);
      });
      try {
        await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

/** Rows of a world whose time is over: no other may see them. */
async function clear(dataSource: { query(sql: string): Promise<unknown> }): Promise<void> {
  for (const table of [
    'checkpoint_pins',
    'quota_pressure',
    'tenant_retention',
    'jobs',
    'bundles',
    'outbox',
    'orphans',
    'sweep',
  ]) {
    await dataSource.query(`DELETE FROM ${table}`);
  }
  await dataSource.query('DELETE FROM tenants');
}
