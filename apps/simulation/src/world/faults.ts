import type { CheckpointId, JobId, JobOrder } from '@tidemark/domain';
import { isOwned } from '../database/run-ends.js';
import { newestFirst, type CheckpointRow } from '../database/tables.js';
import { aConfig, BUNDLES } from '../job/bundles.js';
import { Chance } from './chance.js';
import { LEASE_MS } from './scheduler-process.js';
import { PortFailure, type Process } from './stage.js';
import type { World } from './world.js';

/** Something that happens to a world, with all that chance has to say about it. */
export interface Happening {
  readonly atMs: number;
  readonly name: HappeningName;
  readonly seed: number;
}

interface Kind {
  /** How often it happens, against the others. */
  readonly weight: number;
  /** Calls `strikes` once it does something: there may be nothing that it could be done to. */
  readonly happens: (world: World, chance: Chance, strikes: () => void) => void;
}

const FREEZE_MS_MAX = 2 * LEASE_MS;
/** How many calls a process makes at most until something happens to it in the middle of one. */
const CALLS_MAX = 16;
const AGAIN_MS = 50;

const runnerOf = (world: World, chance: Chance) => chance.of(world.runners);
/** One that is there: of another one a client would be told so. */
const jobOf = (world: World, chance: Chance): JobId | undefined =>
  chance.of(world.jobs.filter((id) => world.database.tables.jobs.has(id)));

function freeze(world: World, process: Process, ms: number): void {
  process.frozenUntilMs = Math.max(process.frozenUntilMs, world.stage.nowMs + ms);
  world.stage.note(process.name, `is frozen for ${ms} ms`);
}

/** Now, or more often in the middle of one of the next calls. */
function sooner(process: Process | undefined, chance: Chance, happens: () => void): void {
  if (process === undefined) return;
  if (chance.happens(0.2)) happens();
  else process.ambush = { left: 1 + chance.below(CALLS_MAX), happens };
}

/** A client that asks until it is answered, each time with the same id of its request. Only a port may fail it. */
export function insist(
  world: World,
  ask: () => Promise<string>,
  told: (outcome: string) => void = () => undefined,
): void {
  ask().then(told, (error: unknown) => {
    world.failures.look(error);
    if (!(error instanceof PortFailure)) return;
    world.later(AGAIN_MS, () => {
      insist(world, ask, told);
    });
  });
}

/** Of an order it is so once it is done: one that is refused does nothing. */
const ifDone =
  (strikes: () => void) =>
  (outcome: string): void => {
    if (DONE.includes(outcome)) strikes();
  };

const DONE: readonly string[] = ['ordered', 'requested'];

const order = (name: JobOrder) => (world: World, chance: Chance, strikes: () => void) => {
  const jobId = jobOf(world, chance);
  if (jobId !== undefined) insist(world, () => world.control().order(jobId, name), ifDone(strikes));
};

const deploy = (bundle: keyof typeof BUNDLES) => (world: World, chance: Chance, strikes: () => void) => {
  const jobId = jobOf(world, chance);
  if (jobId === undefined) return;
  const config = aConfig(chance.of(['ask', 'reset_keep_offsets', 'ask', 'fail'] as const) ?? 'ask', world.checkpointMs);
  const revision = { bundleDigest: BUNDLES[bundle], config, requestId: requestId(chance) };
  insist(world, () => world.control().addRevision(jobId, revision), ifDone(strikes));
};

const requestId = (chance: Chance): string => `request-${chance.seed}`;

function completeOf(world: World, jobId: JobId): readonly CheckpointRow[] {
  return world.database.tables
    .checkpointsOf(jobId)
    .filter(({ status }) => status === 'complete')
    .sort(newestFirst);
}

interface Aim {
  readonly jobId: JobId;
  readonly checkpointId: CheckpointId;
}

function rollBack(world: World, { jobId, checkpointId }: Aim, chance: Chance, strikes: () => void): void {
  const rollback = { rollbackId: world.ids.next('rollback'), checkpointId, requestId: requestId(chance) };
  insist(world, () => world.control().rollBack(jobId, rollback), ifDone(strikes));
}

/** What happens to bytes at rest: a bit flips, the end is lost, all is lost, or another file lies in its place. */
function damage(world: World, chance: Chance, strikes: () => void): void {
  const { disk, stage } = world;
  const paths = [...disk.objects.keys()].filter((path) => !path.startsWith('bundles/'));
  const path = chance.happens(0.5) ? chance.of(paths) : (newestFile(world, chance) ?? chance.of(paths));
  const bytes = path === undefined ? undefined : disk.objects.get(path);
  if (path === undefined || bytes === undefined || bytes.length === 0) return;
  const another = chance.of(paths.filter((other) => other !== path && other.endsWith('.zst') && path.endsWith('.zst')));
  const way = chance.of(['flip', 'cut', 'lose', 'swap', 'swap'] as const);
  if (way === 'swap' && another === undefined) return;
  stage.note('disk', `${way ?? ''} ${path}`);
  disk.damaged.add(path);
  strikes();
  if (way === 'lose') disk.objects.delete(path);
  else if (way === 'swap') disk.objects.set(path, disk.objects.get(another ?? '') ?? bytes);
  else if (way === 'cut') disk.objects.set(path, bytes.slice(0, chance.below(bytes.length)));
  else {
    const flipped = Uint8Array.from(bytes);
    const at = chance.below(bytes.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << chance.below(8));
    disk.objects.set(path, flipped);
  }
}

/** Of a checkpoint that a job would be restored from now. */
function newestFile(world: World, chance: Chance): string | undefined {
  const jobId = jobOf(world, chance);
  const newest = jobId === undefined ? undefined : completeOf(world, jobId)[0];
  const folders = newest === undefined ? [] : [newest.path, ...newest.buildsOn];
  return chance.of(folders.flatMap((folder) => world.disk.list(folder)).filter((path) => path.endsWith('.zst')));
}

/** Everything that can happen. What is added here is mixed with all the rest. */
export const KINDS = {
  data: {
    weight: 30,
    happens: (world, chance, strikes) => {
      const partition = chance.of([...world.input.ends.keys()]);
      if (partition === undefined) return;
      world.input.append(partition, 1 + chance.below(8));
      strikes();
    },
  },
  'runner dies': {
    weight: 10,
    happens: (world, chance, strikes) => {
      const runner = runnerOf(world, chance);
      const isHostGone = chance.happens(0.2);
      sooner(runner?.process, chance, () => {
        if (runner === undefined) return;
        world.endRunner(runner, { isHostGone });
        strikes();
      });
    },
  },
  'runner is told to end': {
    weight: 3,
    happens: (world, chance, strikes) => {
      const runner = runnerOf(world, chance);
      if (runner?.listens !== true) return;
      world.stage.note(runner.process.name, 'is told to end');
      void runner.shutDown();
      strikes();
    },
  },
  'runner freezes': {
    weight: 12,
    happens: (world, chance, strikes) => {
      const process = runnerOf(world, chance)?.process;
      const ms = chance.below(FREEZE_MS_MAX);
      sooner(process, chance, () => {
        if (process === undefined) return;
        freeze(world, process, ms);
        strikes();
      });
    },
  },
  'scheduler dies': {
    weight: 3,
    happens: (world, chance, strikes) => {
      const process = chance.of(world.schedulers);
      sooner(process, chance, () => {
        if (process === undefined) return;
        world.endScheduler(process);
        strikes();
      });
    },
  },
  'scheduler freezes': {
    weight: 3,
    happens: (world, chance, strikes) => {
      const process = chance.of(world.schedulers);
      const ms = chance.below(FREEZE_MS_MAX);
      sooner(process, chance, () => {
        if (process === undefined) return;
        freeze(world, process, ms);
        strikes();
      });
    },
  },
  'clock steps': {
    weight: 3,
    happens: (world, chance, strikes) => {
      const process = runnerOf(world, chance)?.process;
      if (process === undefined) return;
      process.skewMs += (chance.next() - 0.5) * 20_000;
      strikes();
      world.stage.note(process.name, `has its clock set ${Math.round(process.skewMs)} ms off`);
    },
  },
  damage: { weight: 5, happens: damage },
  stop: { weight: 4, happens: order('stop') },
  start: { weight: 7, happens: order('start') },
  cancel: { weight: 0.3, happens: order('cancel') },
  'deploy what fits': { weight: 4, happens: deploy('fits') },
  'deploy what does not fit': { weight: 2, happens: deploy('doesNotFit') },
  'answer an upgrade': {
    weight: 3,
    happens: (world, chance, strikes) => {
      const jobId = jobOf(world, chance);
      const answer = chance.happens(0.6) ? 'reset' : 'abandon';
      if (jobId !== undefined) insist(world, () => world.control().decideUpgrade(jobId, answer), ifDone(strikes));
    },
  },
  savepoint: {
    weight: 5,
    happens: (world, chance, strikes) => {
      const jobId = jobOf(world, chance);
      const id = world.ids.next('savepoint');
      if (jobId === undefined) return;
      // Of one of the last ones somebody lets go, more often than not right before the next is asked for.
      const last = chance.of(world.database.tables.savepoints.filter((one) => one.jobId === jobId).slice(-2));
      if (last !== undefined && chance.happens(0.4)) {
        const release = async (): Promise<string> => String(await world.control().releaseSavepoint(jobId, last.id));
        insist(world, release);
      }
      insist(world, () => world.control().requestSavepoint(jobId, id, requestId(chance)), ifDone(strikes));
    },
  },
  rollback: {
    weight: 6,
    happens: (world, chance, strikes) => {
      const jobId = jobOf(world, chance);
      const complete = jobId === undefined ? [] : completeOf(world, jobId);
      const row = chance.happens(0.5) ? complete.at(-1) : chance.of(complete);
      if (jobId !== undefined && row !== undefined) rollBack(world, { jobId, checkpointId: row.id }, chance, strikes);
    },
  },
  undo: {
    weight: 2,
    happens: (world, chance, strikes) => {
      const jobId = jobOf(world, chance);
      const last = world.database.tables.rollbacks.findLast((one) => one.jobId === jobId);
      if (jobId === undefined || last === undefined) return;
      const { timeline, status } = world.database.tables.job(jobId);
      // The API refuses it: the run writes what one could go back to when it lets go.
      if (timeline === last.fromTimeline && isOwned(status)) return;
      const tip = completeOf(world, jobId).find(({ timeline }) => timeline === last.fromTimeline);
      if (tip !== undefined) rollBack(world, { jobId, checkpointId: tip.id }, chance, strikes);
    },
  },
  fork: {
    weight: 2.5,
    happens: (world, chance, strikes) => {
      const of = jobOf(world, chance);
      const row = of === undefined ? undefined : chance.of(completeOf(world, of));
      if (of === undefined || row === undefined || world.jobs.length > 1) return;
      const id = world.ids.next('job');
      const fork = { id, checkpointId: row.id };
      const join = (): void => {
        if (!world.database.tables.jobs.has(id)) return;
        world.jobs.push(id);
        strikes();
      };
      world
        .control()
        .fork(of, fork)
        .then(join, (error: unknown) => {
          world.failures.look(error);
          join();
        });
    },
  },
} as const satisfies { readonly [name: string]: Kind };
export type HappeningName = keyof typeof KINDS;

/** In every history some of it happens often and some never: what needs three things of a kind comes about, too. */
const EMPHASES = [0, 0.3, 1, 1, 3, 8] as const;

/** How many times more often something happens than it would. */
export type Emphasis = { readonly [name in HappeningName]?: number };

/** What is to happen, chosen beforehand: so that some of it can be left out. */
export function chooseHappenings(
  chance: Chance,
  count: number,
  { forMs, more }: { readonly forMs: number; readonly more: Emphasis },
): readonly Happening[] {
  const weighed = (Object.keys(KINDS) as HappeningName[]).map((name) => ({
    name,
    weight: KINDS[name].weight * (more[name] ?? 1) * (name === 'data' ? 1 : (chance.of(EMPHASES) ?? 1)),
  }));
  return Array.from({ length: count }, () => ({
    atMs: chance.below(forMs),
    name: chance.weighted(weighed)?.name ?? 'data',
    seed: chance.below(2 ** 31),
  })).sort((a, b) => a.atMs - b.atMs);
}

export function letHappen(world: World, { name, seed }: Happening): void {
  if (name !== 'data') world.stage.note('', `— ${name}`);
  KINDS[name].happens(world, new Chance(seed), () => void world.struck.add(name));
}
