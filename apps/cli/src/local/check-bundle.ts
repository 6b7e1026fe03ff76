import { allowsRestore } from '@tidemark/domain';
import { takeOver, type StoredState } from '@tidemark/engine';
import type { BundleUpload, Checkpoint, Job, RevisionOrder, Tidemark, UpgradePlan } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import { again } from './again.js';
import { BundleFailure, BundleProcess } from './bundle-process.js';
import { chooseBase, type Base } from './choose-base.js';
import { compareOutput } from './compare-output.js';
import { OutputDifferences, type OutputDifference, type SinkSummary } from './output-difference.js';
import { checkpointsOn, inputOf, recordedOn, stateOf } from './recordings.js';
import { optionsIn, optionsOfRevision, revisionOf, verdictsOn, type Side } from './state-verdicts.js';

export interface CheckOrder {
  readonly bundle: BundleUpload;
  /** Where the bundle's sources lie. */
  readonly folder: string;
  readonly upgrade: NonNullable<RevisionOrder['upgrade']>;
  /** How many batches are run again; undefined: none, only the form of the state is judged. */
  readonly batches: number | undefined;
  readonly stateBytesMax: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The batches that were run with both bundles, and what came of it. */
export interface Comparison {
  /** The checkpoint whose state both began with; null where they began with none. */
  readonly checkpointId: string | null;
  readonly timeline: number;
  readonly firstBatchId: number;
  readonly lastBatchId: number;
  readonly recordsIn: number;
  readonly stateRows: number;
  readonly sinks: readonly SinkSummary[];
  readonly differences: readonly OutputDifference[];
  /** Rows that differ and are too many to be told one by one. */
  readonly leftOut: number;
  /** What the new bundle ended with, in which batch, where it did not run to the end. */
  readonly failure: { readonly batchId: number; readonly code: string; readonly message: string } | null;
}

export interface CheckReport {
  readonly outcome: 'equal' | 'differs' | 'incompatible';
  /** What stands in the way, where it is incompatible. */
  readonly objections: readonly string[];
  readonly plan: UpgradePlan;
  /** Null where nothing was run. */
  readonly comparison: Comparison | null;
}

/**
 * Judges a bundle as an upgrade of a job would, and runs batches that the job has committed with its present bundle and with
 * this one, here, from the same state. Throws `UserError` where that cannot be done, and what the service throws.
 */
export async function checkBundle(service: Tidemark, job: Job, order: CheckOrder): Promise<CheckReport> {
  const { bundle, upgrade } = order;
  const plan = await service.jobs.planUpgrade(job.id, { bundle, upgrade });
  const objections = objectionsTo(plan, upgrade);
  if (objections.length > 0) return { outcome: 'incompatible', objections, plan, comparison: null };
  if (order.batches === undefined) return { outcome: 'equal', objections, plan, comparison: null };
  const running = { ...order, batches: order.batches };
  return again(() => runAgainst(service, job, running, plan));
}

type RunningOrder = CheckOrder & { readonly batches: number };

async function runAgainst(service: Tidemark, job: Job, order: RunningOrder, plan: UpgradePlan): Promise<CheckReport> {
  const { bundle, folder, upgrade, signal } = order;
  const revision = await revisionOf(service, job.id, plan.revision);
  const present = await service.recordings.bundleCode(revision.bundleDigest);
  const processes: BundleProcess[] = [];
  const start = async (code: string, sourceMap: string | null): Promise<BundleProcess> => {
    const started = await BundleProcess.start({ code, sourceMap, jobId: job.id, folder }, signal);
    processes.push(started);
    return started;
  };
  try {
    const sides = {
      before: { process: await start(present.code, present.sourceMap), optionsOn: optionsOfRevision(revision) },
      after: { process: await start(bundle.code, bundle.sourceMap ?? null), optionsOn: () => optionsIn(upgrade) },
    };
    return await compare(service, job, order, plan, sides);
  } finally {
    for (const each of processes) each.close();
  }
}

interface Sides {
  readonly before: Side;
  readonly after: Side;
}

async function compare(
  service: Tidemark,
  job: Job,
  { batches, stateBytesMax }: RunningOrder,
  plan: UpgradePlan,
  sides: Sides,
): Promise<CheckReport> {
  const { checkpoint, base } = await findBase(service, job, batches, sides);
  const state = checkpoint === undefined ? undefined : await stateOf(service, job.id, checkpoint, stateBytesMax);
  if (checkpoint !== undefined && state !== undefined) {
    await giveState(sides.before, checkpoint, state);
    try {
      await giveState(sides.after, checkpoint, state);
    } catch (error) {
      if (!(error instanceof BundleFailure) || error.code !== 'state_conversion_failed') throw error;
      return { outcome: 'incompatible', objections: [error.message], plan, comparison: null };
    }
  }
  const ran = await runBoth(service, job, base, sides);
  const comparison: Comparison = {
    ...{ checkpointId: checkpoint?.id ?? null, timeline: job.timeline, stateRows: checkpoint?.stateRows ?? 0 },
    ...{ firstBatchId: base.batches[0] ?? 0, lastBatchId: base.batches.at(-1) ?? 0 },
    ...ran,
  };
  const isEqual =
    ran.failure === null && ran.sinks.every(({ changed, added, removed }) => changed + added + removed === 0);
  return { outcome: isEqual ? 'equal' : 'differs', objections: [], plan, comparison };
}

async function findBase(
  service: Tidemark,
  job: Job,
  wanted: number,
  { before, after }: Sides,
): Promise<{ readonly checkpoint: Checkpoint | undefined; readonly base: Base }> {
  const all = await checkpointsOn(service, job);
  const checkpoints = all.filter((one) => fits(one, before) && fits(one, after));
  const oldest = checkpoints.at(-1)?.batchId ?? 0;
  const recorded = await recordedOn(service, job, checkpoints, (newest, batchId) => {
    // Back to the checkpoint that will be chosen.
    const chosen = checkpoints.find((one) => newest - one.batchId >= wanted)?.batchId ?? oldest;
    return batchId <= chosen + 1;
  });
  const base = chooseBase(recorded, wanted);
  if (base === undefined || base.batches.length === 0) {
    throw new UserError(
      `Nothing of ${job.name} can be run again: on timeline ${job.timeline} there is no batch after a complete checkpoint ` +
        'that both bundles take over. Try again when it has run on for a while, or judge the form of its state alone with --verdicts-only.',
    );
  }
  return { checkpoint: checkpoints.find(({ id }) => id === base.checkpoint?.id), base };
}

const fits = (checkpoint: Checkpoint, side: Side): boolean => allowsRestore(verdictsOn(checkpoint, side));

async function giveState(side: Side, checkpoint: Checkpoint, state: StoredState): Promise<void> {
  await takeOver(side.process, state, verdictsOn(checkpoint, side));
}

async function runBoth(
  service: Tidemark,
  job: Job,
  { batches }: Base,
  { before, after }: Sides,
): Promise<Pick<Comparison, 'sinks' | 'differences' | 'leftOut' | 'recordsIn' | 'failure'>> {
  const found = new OutputDifferences();
  let recordsIn = 0;
  let failure: Comparison['failure'] = null;
  const fetch = (index: number) => {
    const batchId = batches[index];
    const fetched = batchId === undefined ? undefined : inputOf(service, job, batchId);
    // What goes wrong is told when its turn has come.
    fetched?.catch(() => undefined);
    return fetched;
  };
  let next = fetch(0);
  for (const [index, batchId] of batches.entries()) {
    const { input } = (await next) ?? (await inputOf(service, job, batchId));
    next = fetch(index + 1);
    const [old, now] = await Promise.allSettled([before.process.run(input), after.process.run(input)]);
    if (old.status === 'rejected') throw cannotRun(job, batchId, old.reason);
    recordsIn += old.value.output.recordsIn;
    if (now.status === 'rejected') {
      if (!(now.reason instanceof BundleFailure)) throw now.reason;
      failure = { batchId, code: now.reason.code, message: now.reason.message };
      break;
    }
    found.add(compareOutput(batchId, old.value.output, now.value.output));
  }
  return { ...found.read(), recordsIn, failure };
}

const cannotRun = (job: Job, batchId: number, reason: unknown): UserError =>
  new UserError(
    `Batch ${batchId} of ${job.name} does not run here with the job's own bundle, so there is nothing to compare with: ` +
      (reason instanceof Error ? reason.message : String(reason)),
  );

/** What stands in the way of the plan, and state that would be lost without a word from whoever asks. */
export function objectionsTo(
  { outcome, objections, operators }: UpgradePlan,
  { resets = [], drops = [] }: CheckOrder['upgrade'],
): readonly string[] {
  if (outcome !== 'proceed') return objections.length > 0 ? objections : ['it would not be deployed as it is'];
  return operators
    .filter(({ uid, verdict }) => {
      if (verdict === 'dropped') return !drops.includes(uid);
      return verdict === 'reset' && !resets.includes(uid);
    })
    .map(({ reason, uid }) => reason ?? `the state of "${uid}" would be lost`);
}
