import { allowsRestore, objections, type OperatorVerdict } from '@tidemark/domain';
import { takeOver, type GraphOutput } from '@tidemark/engine';
import type { Checkpoint, Job, Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import { BundleProcess } from './bundle-process.js';
import { chooseBaseBefore, type BaseCandidate } from './choose-base.js';
import { linesOf } from './compare-output.js';
import type { DebuggerPlace } from './messages.js';
import { cannotReplay } from './nearest-replayable.js';
import { checkpointsOn, recordedOn, stateOf, type inputOf } from './recordings.js';
import { inputOrReason } from './run-both.js';
import { optionsOfRevision, revisionOf, verdictsOn } from './state-verdicts.js';

export interface ReplayOrder {
  readonly timeline: number;
  readonly batchId: number;
  /** Undefined: the bundle that ran the batch. */
  readonly bundle: { readonly code: string; readonly sourceMap?: string } | undefined;
  /** Where the bundle's sources lie. */
  readonly folder: string;
  /** Where to wait for a debugger; undefined: the batch runs without one. */
  readonly inspect: DebuggerPlace | undefined;
  readonly stateBytesMax: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What one batch has given. */
export interface ReplayedBatch {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTime: string;
  /** The revision that ran it in the service. */
  readonly revision: number;
  /** The checkpoint that it was run from, with the batches in between; null where it was run from nothing. */
  readonly checkpointId: string | null;
  readonly batchesBefore: number;
  readonly recordsIn: number;
  readonly recordsSkipped: number;
  /** Lines of JSON, as a sink gets them. */
  readonly sinks: readonly { readonly sink: string; readonly lines: readonly string[] }[];
  /** Keys held after the batch, and what operators have counted in it. */
  readonly operators: readonly {
    readonly uid: string;
    readonly keys: number | null;
    readonly counts: { readonly [name: string]: number };
  }[];
  /** What the job's code has logged in the batch. */
  readonly log: readonly string[];
  /** What makes this another run than the one that was committed. */
  readonly warnings: readonly string[];
}

/**
 * Runs one committed batch of a job here: from the newest checkpoint before it, with the batches in between. Throws `UserError`
 * where it cannot be reached, `BundleFailure` for what the job's code comes to, and what the service throws.
 */
export async function replayBatch(service: Tidemark, job: Job, order: ReplayOrder): Promise<ReplayedBatch> {
  const { timeline, batchId, folder, inspect } = order;
  const of = { id: job.id, name: job.name, timeline };
  const inputAt = async (each: number, base?: BaseCandidate): ReturnType<typeof inputOf> => {
    const fetched = await inputOrReason(service, of, each);
    if (!('reason' in fetched)) return fetched;
    throw await cannotReplay(service, { job: of, batchId, withheld: each, reason: fetched.reason, base });
  };
  const target = await inputAt(batchId);
  const revision = await revisionOf(service, job.id, target.revision);
  const { code, sourceMap } = order.bundle ?? (await service.recordings.bundleCode(revision.bundleDigest));
  const bundle = { code, sourceMap: sourceMap ?? null, jobId: job.id, folder };
  const process = await BundleProcess.start(bundle, order.signal);
  try {
    const side = { process, optionsOn: optionsOfRevision(revision) };
    const complete = await checkpointsOn(service, of);
    const checkpoints = complete.filter((one) => allowsRestore(verdictsOn(one, side)));
    const before = checkpoints.find((checkpoint) => checkpoint.batchId < batchId);
    const recorded = await recordedOn(
      service,
      of,
      checkpoints,
      (listed) => listed.batchId <= (before?.batchId ?? 0) + 1,
    );
    const base = chooseBaseBefore(recorded, batchId);
    const misfit = complete.find((checkpoint) => checkpoint.batchId < batchId && !checkpoints.includes(checkpoint));
    if (base === undefined && misfit !== undefined) throw doesNotFit(job, order, misfit, verdictsOn(misfit, side));
    if (base === undefined) throw outOfReach(job, order);
    if (before !== undefined) {
      const state = await stateOf(service, job.id, before, order.stateBytesMax);
      await takeOver(process, state, verdictsOn(before, side));
    }
    const others = new Set<number>();
    for (const each of base.batches.slice(0, -1)) {
      const { input, revision: ranBy } = await inputAt(each, base.checkpoint);
      if (ranBy !== revision.number) others.add(ranBy);
      await process.run(input);
    }
    const { output, log } = await process.run(target.input, inspect);
    return {
      ...{ timeline, batchId, batchTime: new Date(target.input.batchTimeMs).toISOString(), revision: revision.number },
      ...{ checkpointId: before?.id ?? null, batchesBefore: base.batches.length - 1, log },
      ...shown(output),
      warnings: warningsOf([...others], before, revision.number),
    };
  } finally {
    process.close();
  }
}

function shown(output: GraphOutput): Pick<ReplayedBatch, 'recordsIn' | 'recordsSkipped' | 'sinks' | 'operators'> {
  const { recordsIn, recordsSkipped, sinks, stateKeys, counts } = output;
  const uids = [...new Set([...stateKeys.keys(), ...counts.keys()])].sort();
  return {
    ...{ recordsIn, recordsSkipped },
    sinks: [...sinks.keys()].sort().map((sink) => ({ sink, lines: linesOf(output, sink) })),
    operators: uids.map((uid) => ({ uid, keys: stateKeys.get(uid) ?? null, counts: counts.get(uid) ?? {} })),
  };
}

function warningsOf(others: readonly number[], base: Checkpoint | undefined, revision: number): readonly string[] {
  const between = others.length === 0 ? [] : [`batches before it were run by revision ${others.join(', ')}`];
  const state =
    base === undefined || base.revision === revision ? [] : [`its state was taken over from revision ${base.revision}`];
  return [...state, ...between];
}

/** A later batch would not help. */
const doesNotFit = (
  job: Job,
  { batchId }: ReplayOrder,
  { id }: Checkpoint,
  verdicts: readonly OperatorVerdict[],
): UserError =>
  new UserError(
    `Batch ${batchId} of ${job.name} cannot be run with this bundle, which does not take over the state of checkpoint ${id}: ` +
      `${objections(verdicts).join('; ')}. "tidemark plan" shows what would become of it.`,
  );

const outOfReach = (job: Job, { timeline, batchId }: ReplayOrder): UserError =>
  new UserError(
    `Batch ${batchId} of ${job.name} cannot be run again: on timeline ${timeline} there is no complete checkpoint before it from ` +
      'which every batch is kept. "tidemark batches" lists those that are; take a later one.',
  );
