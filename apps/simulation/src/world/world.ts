import { bundlePaths, type BundleDigest, type JobId, type TenantId } from '@tidemark/domain';
import { Database, RULES, type Rules, type Watch } from '../database/database.js';
import { MemoryControl } from '../database/memory-control.js';
import { MemoryRunStore } from '../database/memory-run-store.js';
import { MemorySchedulingStore } from '../database/memory-scheduling-store.js';
import { MemoryUpkeep } from '../database/memory-upkeep.js';
import { Auditor } from '../invariants/auditor.js';
import { BatchAudit } from '../invariants/batch-audit.js';
import { CheckpointAudit } from '../invariants/checkpoint-audit.js';
import { ExpectedFailures } from '../invariants/expected-failures.js';
import { Findings } from '../invariants/invariants.js';
import { SkipAudit } from '../invariants/skip-audit.js';
import { StartAudit } from '../invariants/start-audit.js';
import { Timelines } from '../invariants/timelines.js';
import { aBundle, BUNDLES, SHAPES, type BundleName } from '../job/bundles.js';
import { Input, Output } from '../job/ends.js';
import type { Chance } from './chance.js';
import { CountedIds } from './counted-ids.js';
import { Disk, StageObjects } from './objects.js';
import { SimulatedQueue } from './run-queue.js';
import { RunnerProcess, type RunnerParts } from './runner-process.js';
import { GRACE_MS, LEASE_MS, startScheduler, type SchedulerParts } from './scheduler-process.js';
import { Stage, type Process } from './stage.js';

const START_MS = 1_000_000;
const RESTART_MS_MAX = 800;

/** What is wrong on purpose, to see that it is noticed: rules of the database, and ports around what a process is given. */
export interface Mutation {
  readonly rules?: Partial<Rules>;
  readonly runner?: (parts: RunnerParts, world: World) => RunnerParts;
  readonly scheduler?: (parts: SchedulerParts, world: World) => SchedulerParts;
  readonly output?: (output: Output) => void;
}

/** Some processes, what they share, and what is held of it. */
export class World {
  readonly findings = new Findings();
  readonly ids = new CountedIds();
  readonly disk = new Disk();
  readonly output = new Output();
  readonly input: Input;
  readonly stage: Stage;
  readonly database: Database;
  readonly queue: SimulatedQueue;
  readonly auditor: Auditor;
  readonly timelines = new Timelines(this.findings);
  readonly failures: ExpectedFailures;
  /** What has happened, by the name of its kind; what came to nothing is not in it. */
  readonly struck = new Set<string>();
  /** Jobs in the order in which they were made. */
  readonly jobs: JobId[] = [];
  runners: RunnerProcess[] = [];
  schedulers: Process[] = [];
  /** The probability that an upload is torn. */
  tears = 0;
  /** The interval of checkpoints of jobs and revisions; undefined for the usual one. */
  checkpointMs: number | undefined;
  private readonly everything: Process;
  private count = 0;

  constructor(
    readonly chance: Chance,
    private readonly mutation: Mutation = {},
    { keepsHistory = false }: { readonly keepsHistory?: boolean } = {},
  ) {
    this.stage = new Stage(chance, { startMs: START_MS, keepsHistory });
    const { stage, disk } = this;
    this.failures = new ExpectedFailures(this.findings, {
      failed: (text) => stage.hasSaid(text),
      get torn() {
        return disk.isTorn;
      },
      get damaged() {
        return disk.damaged.size > 0;
      },
    });
    stage.onFault = this.failures.look.bind(this.failures);
    this.input = new Input(1 + chance.below(2));
    this.everything = this.stage.process('world');
    const watch: { -readonly [K in keyof Watch]: Watch[K] } = {};
    const rules = { ...RULES, ...mutation.rules };
    const nowMs = (): number => this.stage.nowMs;
    this.database = new Database(this.ids, nowMs, () => chance.next(), rules, watch);
    const { tables } = this.database;
    const checkpoints = new CheckpointAudit(this.findings, this.timelines, tables, this.disk, this.stage, GRACE_MS);
    const batches = new BatchAudit(this.findings, this.timelines, this.output);
    const known = { tables, nowMs, leaseMs: LEASE_MS };
    const starts = new StartAudit(this.findings, tables);
    const skips = new SkipAudit(this.findings, this.timelines, tables, this.input);
    this.auditor = new Auditor(this.findings, this.timelines, known, { batches, checkpoints, starts, skips });
    Object.assign(watch, this.auditor.watch(), { told: this.failures.told.bind(this.failures) });
    this.disk.onRemove = checkpoints.removed.bind(checkpoints);
    this.output.onWrite = batches.written.bind(batches);
    mutation.output?.(this.output);
    this.queue = new SimulatedQueue(this.stage, this.everything, () => this.takers());
  }

  /** @param skips bundles whose code passes over what came in a downtime */
  addTenant(downtime: 'coalesce' | 'each', skips: readonly BundleName[] = []): TenantId {
    const tenantId = this.ids.next('tenant');
    this.database.tables.tenants.push(tenantId);
    for (const [name, digest] of Object.entries(BUNDLES) as [BundleName, BundleDigest][]) {
      const bundle = aBundle(SHAPES[digest] ?? '', skips.includes(name) ? 'skip' : downtime);
      this.database.tables.bundles.set(digest, bundle);
      this.disk.objects.set(bundlePaths(tenantId, digest).code, new Uint8Array(1));
    }
    return tenantId;
  }

  /** Orders as the API takes them, from a client that may be told that they failed. */
  control(process: Process = this.everything): MemoryControl {
    return new MemoryControl(this.database, this.stage.transact(process, 'api'));
  }

  /** Something that happens without any process. */
  later(ms: number, work: () => void): void {
    this.stage.alarm(this.everything, ms, work);
  }

  startRunner(): void {
    this.count += 1;
    const process = this.stage.process(`runner ${this.count}`);
    const { stage, database, input, output, ids } = this;
    const runner: { current?: RunnerProcess } = {};
    const clock = stage.clock(process);
    const parts: RunnerParts = {
      ...{ stage, process, world: { input, output }, ids, leaseMs: LEASE_MS },
      runs: new MemoryRunStore(database, stage.transact(process, 'rows'), () => clock.nowMs()),
      objects: new StageObjects(this.disk, stage, process, () => this.chance.happens(this.tears)),
      onForeignState: ({ fence }, shape) => {
        this.findings.check('I8', false, () => `a run of ${fence.jobId} was given the state of a ${shape}`);
      },
      onFault: this.failures.look.bind(this.failures),
      onExit: () => {
        if (runner.current !== undefined && process.alive) this.endRunner(runner.current, { isHostGone: false });
      },
    };
    runner.current = new RunnerProcess(this.mutation.runner?.(parts, this) ?? parts);
    this.runners.push(runner.current);
    runner.current.start();
  }

  /** The process is gone at once, and another one comes. Of a host that is gone Postgres does not hear. */
  endRunner(runner: RunnerProcess, { isHostGone }: { readonly isHostGone: boolean }): void {
    const { stage, chance } = this;
    stage.note(runner.process.name, isHostGone ? 'is gone with its host' : 'ends');
    stage.kill(runner.process, chance.happens(0.5));
    this.runners = this.runners.filter((other) => other !== runner);
    const row = this.database.tables.runners.get(runner.id);
    if (row !== undefined && !isHostGone) row.session = false;
    for (const message of runner.taken) if (chance.happens(0.7)) this.queue.send(message);
    this.later(chance.below(RESTART_MS_MAX), () => {
      this.startRunner();
    });
  }

  startScheduler(): void {
    this.count += 1;
    const process = this.stage.process(`scheduler ${this.count}`);
    this.schedulers.push(process);
    const { stage, database } = this;
    const transact = stage.transact(process, 'rows');
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => void stage.alarm(process, Math.max(1, this.chance.below(ms)), resolve));
    const parts: SchedulerParts = {
      ...{ stage, process },
      scheduling: new MemorySchedulingStore(database, transact, { leads: () => true, wait }),
      upkeep: new MemoryUpkeep(database, transact),
      objects: new StageObjects(this.disk, stage, process, () => false),
      queue: this.queue.sender(process),
    };
    startScheduler(this.mutation.scheduler?.(parts, this) ?? parts);
  }

  endScheduler(process: Process): void {
    this.stage.note(process.name, 'ends');
    this.stage.kill(process, this.chance.happens(0.5));
    this.schedulers = this.schedulers.filter((other) => other !== process);
    this.later(this.chance.below(RESTART_MS_MAX), () => {
      this.startScheduler();
    });
  }

  private takers(): readonly ((message: Parameters<RunnerProcess['take']>[0]) => void)[] {
    return this.runners.filter(({ listens }) => listens).map((runner) => runner.take.bind(runner));
  }
}
