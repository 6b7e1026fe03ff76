import { Logger } from '@nestjs/common';
import type { Broken } from './invariants/invariants.js';
import { Recovery } from './invariants/recovery.js';
import { aConfig, BUNDLES, CHECKPOINT_MS_SKIPPING, type BundleName } from './job/bundles.js';
import { Chance } from './world/chance.js';
import { chooseHappenings, insist, letHappen, type Emphasis, type Happening } from './world/faults.js';
import { CALM, type Weather } from './world/stage.js';
import { CALM_QUEUE, type QueueWeather } from './world/run-queue.js';
import { LEASE_MS } from './world/scheduler-process.js';
import { World, type Mutation } from './world/world.js';

/** How much time passes in which things happen, and how much of it at most until all is well again. */
const STORM_MS = 6_000;
const HEALING_MS_MAX = 90_000;
const LOOK_MS = 400;
/** How long it has to stay so. Time that passes costs as much as time in which things happen: one history in eight has it. */
const QUIET_MS = 3 * LEASE_MS;
const QUIET_ONE_IN = 8;
const MORE_SKIPPING: Emphasis = { rollback: 4, fork: 4, 'runner dies': 2 };
/** Claims of one job while nothing happens to it any more: more are a storm of restarts. */
const CLAIMS_MAX_HEALING = 12;

/** One history, apart from the order in which what is asked for takes effect, which is `seed`'s alone. */
export interface Script {
  readonly seed: number;
  readonly happenings: readonly Happening[];
  readonly weather: Weather;
  readonly queue: QueueWeather;
  readonly tears: number;
  /** Bundles whose code passes over what came in a downtime. */
  readonly skips: readonly BundleName[];
  /** For how long all must stay well at the end. */
  readonly quietMs: number;
}

export interface History {
  readonly script: Script;
  /** What was found broken. */
  readonly broken: Broken | undefined;
  readonly steps: number;
  /** What has happened, by the name of its kind; what came to nothing is not in it. */
  readonly struck: ReadonlySet<string>;
  /** What happened, a line each; empty where nobody asked for it. */
  readonly lines: readonly string[];
}

/** What happens in the history of a seed. One in four has calm weather: what goes wrong there is easy to see. */
export function scriptOf(seed: number): Script {
  const chance = new Chance(seed);
  const isCalm = chance.happens(0.25);
  const skips = skipsOf(seed);
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
    ...{ seed, weather, queue, tears: isCalm ? 0 : chance.next() * 0.1, skips },
    quietMs: seed % QUIET_ONE_IN === 0 ? QUIET_MS : LOOK_MS,
    happenings: chooseHappenings(chance, 12 + chance.below(24), {
      forMs: STORM_MS,
      more: skips.length > 0 ? MORE_SKIPPING : {},
    }),
  };
}

/** In one history of six. Chance apart, so that all others are what they would be without. */
function skipsOf(seed: number): readonly BundleName[] {
  const chance = new Chance(seed ^ 0x5eed_0014);
  if (!chance.happens(1 / 6)) return [];
  return (Object.keys(BUNDLES) as BundleName[]).filter((name) => name === 'first' || chance.happens(0.75));
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
  // No step gives way to the event loop, and whoever waits for this process may think that it hangs.
  await new Promise<void>((resolve) => setImmediate(resolve));
  const { first } = world.findings;
  return { script, broken: first, steps: run.steps, struck: world.struck, lines: world.stage.history ?? [] };
}

class Run {
  steps = 0;
  constructor(
    private readonly world: World,
    private readonly script: Script,
  ) {}

  async toTheEnd(): Promise<void> {
    this.begin();
    await this.until(this.world.stage.nowMs + STORM_MS);
    if (this.isBroken) return;
    this.heal();
    const { auditor, findings, jobs } = this.world;
    const { claims } = auditor;
    await this.untilWell();
    const claimed = auditor.claims - claims;
    const isCalm = claimed <= CLAIMS_MAX_HEALING * jobs.length;
    findings.check('L5', isCalm, () => `${claimed} runs were claimed although nothing happened`);
  }

  /** Once all is well it has to stay so for a while, in which no run is claimed. */
  private async untilWell(): Promise<void> {
    const { auditor, findings, stage } = this.world;
    const recovery = new Recovery(this.world);
    const endMs = stage.nowMs + HEALING_MS_MAX;
    let wellSinceMs: number | undefined;
    let { claims } = auditor;
    while (!this.isBroken) {
      const ill = recovery.ill();
      const isWell = ill === undefined && auditor.claims === claims;
      ({ claims } = auditor);
      wellSinceMs = isWell ? (wellSinceMs ?? stage.nowMs) : undefined;
      if (wellSinceMs !== undefined && stage.nowMs - wellSinceMs >= this.script.quietMs) return;
      const { invariant, what } = ill ?? { invariant: 'L5', what: 'runs are claimed although all is well' };
      findings.check(invariant, stage.nowMs < endMs, () => what);
      if (ill !== undefined) recovery.attend();
      await this.until(stage.nowMs + LOOK_MS);
    }
  }

  private begin(): void {
    const { world, script } = this;
    const { chance, stage } = world;
    Object.assign(stage, { weather: script.weather });
    world.queue.weather = script.queue;
    world.tears = script.tears;
    if (script.skips.length > 0) this.beginSkipping();
    const tenants = chance.happens(0.15) ? 2 : 1;
    for (let index = 0; index < tenants; index += 1) {
      const tenantId = world.addTenant(chance.happens(0.5) ? 'each' : 'coalesce', script.skips);
      const id = world.ids.next('job');
      const policy = chance.of(['ask', 'ask', 'reset_keep_offsets'] as const) ?? 'ask';
      const job = { id, tenantId, bundleDigest: BUNDLES.first, config: aConfig(policy, world.checkpointMs) };
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

  /** Jobs go back often, and are not at once where they were: what they have to read again is not to be skipped. */
  private beginSkipping(): void {
    const { world } = this;
    world.checkpointMs = CHECKPOINT_MS_SKIPPING;
    Object.assign(world.input, { identifies: true, recordsMax: 1 });
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
    world.input.recordsMax = Infinity;
    for (const process of [...world.runners.map((runner) => runner.process), ...world.schedulers]) {
      Object.assign(process, { frozenUntilMs: 0, ambush: undefined });
    }
    for (const id of world.database.tables.jobs.keys()) {
      const order = world.chance.happens(0.75) ? 'start' : 'stop';
      insist(world, () => world.control().order(id, order));
    }
  }

  private get isBroken(): boolean {
    return this.world.findings.first !== undefined;
  }
}
