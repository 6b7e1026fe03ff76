import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aHome } from '../instance.js';
import { Cluster } from './cluster.js';
import { drawCommands, type Command, type CommandKind } from './commands.js';
import * as faults from './faults.js';
import { nameOf, type LogEntry } from './history.js';
import * as orders from './orders.js';
import { Report } from './report.js';
import { settle } from './settle.js';
import { Witness } from './witness.js';
import { jobAt, struck, type Outcome, type World } from './world.js';

export interface ChaosOptions {
  /** How long commands are given. Checks, and waiting for what was disturbed, come on top. */
  readonly minutes: number;
  readonly seed: number;
  /** Leaves data, logs and sinks where they are, also when all is right. */
  readonly keep: boolean;
  readonly print: (line: string) => void;
  /** Ends the run as soon as may be. */
  readonly signal: AbortSignal;
}

const MINUTE_MS = 60_000;
const PAUSE_MS_MIN = 200;
const PAUSE_MS_MAX = 1_000;
const ROUNDS_MAX = 20;

type Act = (world: World, command: Command) => Outcome | Promise<Outcome>;

const ACTS = {
  'add data': (world, { target, size }) => {
    const job = jobAt(world, target);
    return struck(`${job.name}, ${job.inputs.grow(1 + Math.floor(size * ROUNDS_MAX))} records`);
  },
  submit: orders.submit,
  upgrade: orders.upgrade,
  'upgrade incompatibly': orders.upgradeIncompatibly,
  'roll back': orders.rollBack,
  fork: orders.fork,
  stop: orders.stop,
  start: orders.start,
  'kill a runner': faults.killRunner,
  'kill at a sink': faults.killAtSink,
  'kill a scheduler': faults.killScheduler,
  'kill the API': faults.killApi,
  'pause a runner': faults.pauseRunner,
  'pause at a sink': faults.pauseAtSink,
  'flush the queue': faults.flushQueue,
  'kill Redis': faults.killRedis,
  'kill Postgres': faults.killPostgres,
  'cut at commit': faults.cutAtCommit,
  'corrupt a checkpoint': faults.corruptCheckpoint,
  'fill the disk': faults.fill,
} as const satisfies Record<Exclude<CommandKind, 'check'>, Act>;

/**
 * Runs jobs on a whole service while it is disturbed by the commands of a seed, and holds everything that became of it against
 * what a plain reducer makes of the same input. Answers whether all is right.
 */
export async function verifyChaos({ minutes, seed, keep, print, signal }: ChaosOptions): Promise<boolean> {
  const report = new Report(seed, print);
  report.line(`seed ${seed}, ${minutes} minutes`);
  const { home, remove } = await aHome();
  const figures = await run(home, report, { minutes, signal }).catch((error: unknown) => {
    report.others.push(String(error));
    report.problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 'the run did not come to its end';
  });
  report.judgeCommands();
  report.end(figures);
  const isRight = report.isRight && !signal.aborted;
  if (isRight && !keep) {
    await remove();
    return true;
  }
  const { violations, stuck, others } = report;
  const problems = { seed, violations: [...violations.keys()], stuck, others };
  await writeFile(join(home, 'problems.json'), JSON.stringify(problems, undefined, 2));
  console.error(`What there was is kept in ${home}.`);
  return isRight;
}

/** Answers with the figures of the run. */
async function run(home: string, report: Report, options: Pick<ChaosOptions, 'minutes' | 'signal'>): Promise<string> {
  const cluster = await Cluster.start(home);
  const faults: World['faults'] = new Map();
  try {
    const witness = await Witness.begin(cluster.databaseUrl, cluster.warehouseUrl);
    const world: World = { seed: report.seed, cluster, witness, jobs: [], retired: [], faults, troubles: [] };
    await orders.submitFirst(world);
    report.line('the service is up');
    await disturb(world, report, options);
    return options.signal.aborted ? 'the run was ended early' : await checkAll(world, report, options.signal);
  } finally {
    // One that is over only later would start again what is stopped here.
    await Promise.all(faults.values());
    await cluster.stop();
  }
}

async function disturb(
  world: World,
  report: Report,
  { minutes, signal }: Pick<ChaosOptions, 'minutes' | 'signal'>,
): Promise<void> {
  const deadlineMs = performance.now() + minutes * MINUTE_MS;
  for (const command of drawCommands(world.seed)) {
    // What is stuck stays so; the time is better spent on looking at it.
    if (signal.aborted || performance.now() > deadlineMs || report.stuck.length > 0) return;
    if (command.kind === 'check') report.command(command, struck(await check(world, report, { signal, again: false })));
    else report.command(command, await ACTS[command.kind](world, command));
    await sleep(PAUSE_MS_MIN + command.choice * (PAUSE_MS_MAX - PAUSE_MS_MIN), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

/** Lets everything come to rest, and judges each job. Answers with what it came to. */
async function check(
  world: World,
  report: Report,
  { signal, again }: { readonly signal: AbortSignal; readonly again: boolean },
): Promise<string> {
  const startedMs = performance.now();
  const { rows, stuck, failed } = await settle(world, signal);
  const ended = [...failed, ...world.troubles.splice(0)];
  for (const sentence of [...stuck, ...ended]) report.problem(sentence);
  report.stuck.push(...stuck);
  report.others.push(...ended);
  for (const job of world.jobs) {
    const row = rows.get(job.id);
    if (row === undefined || signal.aborted) continue;
    const isSettled = row.status === 'running' && job.hasReadAll(row);
    const { violations } = await job.judge(world.witness, { isSettled, again });
    report.problems(job.name, violations);
  }
  return `after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ${report.summary()}`;
}

/** Everything that there is, read again from the beginning. Answers with the figures of the run. */
async function checkAll(world: World, report: Report, signal: AbortSignal): Promise<string> {
  // What is stuck would be waited for again.
  if (report.stuck.length === 0) {
    for (const job of world.jobs) {
      const { hasStruck, what } = await orders.startJob(world, job);
      if (!hasStruck) report.others.push(`${job.name} was not started for the end: ${what}`);
    }
    report.line(`      the end              ${await check(world, report, { signal, again: true })}`);
  }
  const logs: (readonly LogEntry[])[] = [];
  for (const job of [...world.retired, ...world.jobs]) {
    const { violations, log } = await job.judge(world.witness, { isSettled: false, again: true });
    report.problems(job.name, violations);
    logs.push(log);
  }
  const jobs = [...world.retired, ...world.jobs];
  // A fork reads what the job reads that it was made of.
  const inputs = new Set(jobs.map((job) => job.inputs));
  const records = [...inputs].reduce((sum, { count }) => sum + count, 0);
  const finishedByOthers = logs.reduce((sum, log) => sum + finishedByAnother(log), 0);
  const logged = (kind: LogEntry['kind']): number => logs.flat().filter((entry) => entry.kind === kind).length;
  const figures = [
    `${jobs.length} jobs`,
    `${records} records`,
    `${logged('commit')} batches`,
    `${finishedByOthers} of them by another run than planned them`,
    `${logged('checkpoint')} checkpoints`,
    `${logged('claim')} runs`,
    `${logged('timeline')} timelines`,
    `${world.cluster.servers.proxy.count} commits cut`,
  ];
  return figures.join(', ');
}

/** Batches that were open when their run ended: there a sink may hold what the log does not know. */
function finishedByAnother(log: readonly LogEntry[]): number {
  const plannedIn = new Map(log.flatMap((entry) => (entry.kind === 'plan' ? [[nameOf(entry), entry.epoch]] : [])));
  return log.filter((entry) => entry.kind === 'commit' && entry.epoch !== plannedIn.get(nameOf(entry))).length;
}
