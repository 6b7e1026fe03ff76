import { allowsRestore } from '@tidemark/domain';
import { takeOver, type StoredState } from '@tidemark/engine';
import type { BundleUpload, Checkpoint, Job, RevisionOrder, Tidemark, UpgradePlan } from '@tidemark/sdk';
import { again } from './again.js';
import { BundleFailure, BundleProcess } from './bundle-process.js';
import { findBase } from './find-base.js';
import { checkpointsOn, stateOf } from './recordings.js';
import { runBoth, type BothRan } from './run-both.js';
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
export interface Comparison extends BothRan {
  /** The checkpoint whose state both began with; null where they began with none. */
  readonly checkpointId: string | null;
  readonly timeline: number;
  readonly firstBatchId: number;
  readonly lastBatchId: number;
  readonly stateRows: number;
}

export interface CheckReport {
  readonly outcome: 'equal' | 'differs' | 'incompatible';
  /** What stands in the way, where it is incompatible. */
  readonly objections: readonly string[];
  readonly plan: UpgradePlan;
  /** Null where nothing was run. */
  readonly comparison: Comparison | null;
}

/** The plan is made, and says that the state is taken over; no batch could be compared. Its cause says why. */
export class NotCompared extends Error {
  override readonly name = 'NotCompared';

  constructor(
    readonly plan: UpgradePlan,
    override readonly cause: unknown,
  ) {
    super('No output was compared.', { cause });
  }
}

/**
 * Judges a bundle as an upgrade of a job would, and runs batches that the job has committed with its present bundle and with
 * this one, here, from the same state. Throws `NotCompared` where that cannot be done, and what the service throws to a plan.
 */
export async function checkBundle(service: Tidemark, job: Job, order: CheckOrder): Promise<CheckReport> {
  const { bundle, upgrade } = order;
  const plan = await service.jobs.planUpgrade(job.id, { bundle, upgrade });
  const objections = objectionsTo(plan, upgrade);
  if (objections.length > 0) return { outcome: 'incompatible', objections, plan, comparison: null };
  if (order.batches === undefined) return { outcome: 'equal', objections, plan, comparison: null };
  const running = { ...order, batches: order.batches };
  try {
    return await again(() => runAgainst(service, job, running, plan));
  } catch (error) {
    throw new NotCompared(plan, error);
  }
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
  const checkpoints = (await checkpointsOn(service, job)).filter(
    (one) => fits(one, sides.before) && fits(one, sides.after),
  );
  const base = await findBase(service, job, checkpoints, batches);
  const checkpoint = checkpoints.find(({ id }) => id === base.checkpoint?.id);
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
  const processes = { before: sides.before.process, after: sides.after.process };
  const ran = await runBoth(service, job, base.batches, processes);
  const comparison: Comparison = {
    ...{ checkpointId: checkpoint?.id ?? null, timeline: job.timeline, stateRows: checkpoint?.stateRows ?? 0 },
    ...{ firstBatchId: base.batches[0] ?? 0, lastBatchId: base.batches.at(-1) ?? 0 },
    ...ran,
  };
  const isEqual =
    ran.failure === null && ran.sinks.every(({ changed, added, removed }) => changed + added + removed === 0);
  return { outcome: isEqual ? 'equal' : 'differs', objections: [], plan, comparison };
}

const fits = (checkpoint: Checkpoint, side: Side): boolean => allowsRestore(verdictsOn(checkpoint, side));

async function giveState(side: Side, checkpoint: Checkpoint, state: StoredState): Promise<void> {
  await takeOver(side.process, state, verdictsOn(checkpoint, side));
}

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
