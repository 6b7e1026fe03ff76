import { Logger } from '@nestjs/common';
import type { CheckpointId, JobId } from '@tidemark/domain';
import type { CheckpointRow } from './database/tables.js';
import { sameOffsets } from './invariants/timelines.js';
import type { Broken, Invariant } from './invariants/invariants.js';
import { aConfig, BUNDLES } from './job/bundles.js';
import { SOURCE } from './job/records.js';
import { Chance } from './world/chance.js';
import { chooseHappenings, insist, letHappen, type Happening } from './world/faults.js';
import { CALM, type Weather } from './world/stage.js';
import { CALM_QUEUE, type QueueWeather } from './world/run-queue.js';
import { World, type Mutation } from './world/world.js';

/** How much time passes in which things happen, and how much of it at most until all is well again. */
const STORM_MS = 6_000;
const HEALING_MS_MAX = 90_000;
const LOOK_MS = 400;
/** Claims of one job while nothing happens to it any more: more are a storm of restarts. */
const CLAIMS_MAX_HEALING = 12;

/** One history, apart from the order in which what is asked for takes effect, which is `seed`'s alone. */
export interface Script {
  readonly seed: number;
  readonly happenings: readonly Happening[];
  readonly weather: Weather;
  readonly queue: QueueWeather;
  readonly tears: number;
}

export interface History {
  readonly script: Script;
  /** What was found broken. */
  readonly broken: Broken | undefined;
  readonly steps: number;
  /** What happened, a line each; empty where nobody asked for it. */
  readonly lines: readonly string[];
}

/** What happens in the history of a seed. One in four has calm weather: what goes wrong there is easy to see. */
export function scriptOf(seed: number): Script {
  const chance = new Chance(seed);
  const isCalm = chance.happens(0.25);
  const weather = isCalm
    ? { ...CALM, answersLate: 0.1, isSlow: 0.1, isStuck: 0.01 }
    : {
        fails: chance.next() * 0.02,
        isAmbiguous: chance.next() * 0.02,
        answersLate: 0.15,
        isSlow: chance.next() * 0.2,
        isStuck: (chance.of([0.02, 0.05, 0.1, 0.3]) ?? 0) * chance.next(),
      };
  const queue = isCalm ? CALM_QUEUE : { drops: 0.1, doubles: 0.2, delays: 0.15 };
  return {
    ...{ seed, weather, queue, tears: isCalm ? 0 : chance.next() * 0.1 },
    happenings: chooseHappenings(chance, 12 + chance.below(24), STORM_MS),
  };
}

/** Runs one history to its end, or until something is found broken. */
export async function simulate(
  script: Script,
  { mutation = {}, keepsHistory = false }: { readonly mutation?: Mutation; readonly keepsHistory?: boolean } = {},
): Promise<History> {
  const world = new World(new Chance(script.seed), mutation, { keepsHistory });
  Logger.overrideLogger(world.failures.logger);
  const run = new Run(world, script);
  await run.toTheEnd();
  const { first } = world.findings;
  return { script, broken: first, steps: run.steps, lines: world.stage.history ?? [] };
}

class Run {
  steps = 0;
  /** Checkpoints that were unfinished, or not quite collected, when things stopped happening. */
  private unfinished: readonly CheckpointId[] = [];

  constructor(
    private readonly world: World,
    private readonly script: Script,
  ) {}

  async toTheEnd(): Promise<void> {
    this.begin();
    await this.until(this.world.stage.nowMs + STORM_MS);
    if (this.isBroken) return;
    this.heal();
    const claims = this.world.auditor.claims;
    const endMs = this.world.stage.nowMs + HEALING_MS_MAX;
    while (!this.isBroken && this.world.stage.nowMs < endMs && this.ill() !== undefined) {
      this.attend();
      await this.until(this.world.stage.nowMs + LOOK_MS);
    }
    const ill = this.ill();
    if (ill !== undefined) this.world.findings.check(ill.invariant, false, () => ill.what);
    const claimed = this.world.auditor.claims - claims;
    const isCalm = claimed <= CLAIMS_MAX_HEALING * this.world.jobs.length;
    this.world.findings.check('L5', isCalm, () => `${claimed} runs were claimed although nothing happened`);
  }

  private begin(): void {
    const { world, script } = this;
    const { chance, stage } = world;
    Object.assign(stage, { weather: script.weather });
    world.queue.weather = script.queue;
    world.tears = script.tears;
    const tenants = chance.happens(0.15) ? 2 : 1;
    for (let index = 0; index < tenants; index += 1) {
      const tenantId = world.addTenant(chance.happens(0.5) ? 'each' : 'coalesce');
      const id = world.ids.next('job');
      const policy = chance.of(['ask', 'ask', 'reset_keep_offsets'] as const) ?? 'ask';
      const job = { id, tenantId, bundleDigest: BUNDLES.first, config: aConfig(policy) };
      const control = world.control();
      insist(world, () => (world.database.tables.jobs.has(id) ? Promise.resolve('created') : control.create(job)));
      world.jobs.push(id);
    }
    for (let index = 0; index < 2; index += 1) world.startRunner();
    for (let index = 0; index < 1 + chance.below(2); index += 1) world.startScheduler();
    for (const happening of script.happenings) {
      world.later(happening.atMs, () => {
        if (world.database.tables.jobs.size > 0) letHappen(world, happening);
      });
    }
  }

  private async until(untilMs: number): Promise<void> {
    const { stage } = this.world;
    while (!this.isBroken && stage.nowMs < untilMs) {
      this.steps += 1;
      await stage.step(untilMs);
    }
  }

  /** From now on nothing happens any more, and every job is wanted running or stopped. */
  private heal(): void {
    const { world } = this;
    world.stage.note('', '— nothing happens any more');
    world.stage.weather = CALM;
    world.queue.weather = CALM_QUEUE;
    world.tears = 0;
    for (const process of [...world.runners.map((runner) => runner.process), ...world.schedulers]) {
      Object.assign(process, { frozenUntilMs: 0, ambush: undefined });
    }
    const { checkpoints } = world.database.tables;
    this.unfinished = [...checkpoints.values()].filter(isUnfinished).map(({ id }) => id);
    for (const id of world.jobs) {
      const order = world.chance.happens(0.75) ? 'start' : 'stop';
      void world.control().order(id, order);
    }
  }

  /** What a person does who looks after the jobs: answers what waits, and starts what has failed without its state. */
  private attend(): void {
    const { world } = this;
    for (const id of world.jobs) {
      const job = world.database.tables.job(id);
      if (job.upgrade !== null) void world.control().decideUpgrade(id, 'abandon');
      if (job.desired !== 'running') continue;
      if (job.status === 'awaiting_decision' || job.status === 'failed') {
        void world.control().order(id, 'start', { mode: 'offsets-only' });
      }
    }
  }

  /** What is not as it must come to be once nothing happens any more. */
  private ill(): Broken | undefined {
    const { tables } = this.world.database;
    for (const id of this.world.jobs) {
      const ill = tables.jobs.has(id) ? this.illOf(id) : { invariant: 'I12' as const, what: `${id} is not there` };
      if (ill !== undefined) return ill;
    }
    if (tables.outbox.length > 0) return { invariant: 'L4', what: `the outbox holds ${tables.outbox.length} entries` };
    for (const id of this.unfinished) {
      const row = tables.checkpoints.get(id);
      if (row !== undefined && isUnfinished(row)) return { invariant: 'L3', what: `${id} is ${row.status}` };
    }
    return undefined;
  }

  private illOf(id: JobId): Broken | undefined {
    const job = this.world.database.tables.job(id);
    const { status, desired, currentRunId } = job;
    const is = (invariant: Invariant, what: string): Broken => ({ invariant, what: `${id} is ${status}: ${what}` });
    if (desired !== 'running') return currentRunId === null ? undefined : is('L2', 'somebody owns it');
    const wanted = { [SOURCE]: Object.fromEntries(this.world.input.ends) };
    const isDone = job.lastTimeline === job.timeline && sameOffsets(job.lastOffsets ?? {}, withoutEmpty(wanted));
    if (status !== 'running') return is('L1', 'it does not run');
    return isDone || this.world.input.ends.size === 0 ? undefined : is('L1', 'its input is not read');
  }

  private get isBroken(): boolean {
    return this.world.findings.first !== undefined;
  }
}

const isUnfinished = ({ status }: CheckpointRow): boolean => status === 'pending' || status === 'deleted';

/** Of a partition without records there is no offset. */
const withoutEmpty = (offsets: { readonly [uid: string]: { readonly [partition: string]: number } }) =>
  Object.fromEntries(
    Object.entries(offsets).map(([uid, partitions]) => [
      uid,
      Object.fromEntries(Object.entries(partitions).filter(([, at]) => at > 0)),
    ]),
  );
