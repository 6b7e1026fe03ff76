import type { Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import { BundleFailure, type BundleProcess } from './bundle-process.js';
import { compareOutput } from './compare-output.js';
import { OutputDifferences, type OutputDifference, type SinkSummary } from './output-difference.js';
import { inputOf, whyWithheld, type RecordedJob } from './recordings.js';

/** A batch that neither bundle was run with. */
export interface PassedOver {
  readonly batchId: number;
  readonly reason: string;
}

/** What came of batches that were run with both bundles. */
export interface BothRan {
  readonly recordsIn: number;
  readonly sinks: readonly SinkSummary[];
  readonly differences: readonly OutputDifference[];
  /** Rows that differ and are too many to be told one by one. */
  readonly leftOut: number;
  /** Batches among those that ran whose input is never handed out. */
  readonly passedOver: readonly PassedOver[];
  /** What the new bundle ended with, in which batch, where it did not run to the end. */
  readonly failure: { readonly batchId: number; readonly code: string; readonly message: string } | null;
}

type Running = Pick<BundleProcess, 'run'>;

/**
 * Runs batches with both bundles, and passes over those whose input is never handed out: as both do without it, what they give
 * afterwards can still be held against each other. Throws `UserError` where the present bundle fails.
 */
export async function runBoth(
  service: Tidemark,
  job: RecordedJob & { readonly name: string },
  batches: readonly number[],
  { before, after }: { readonly before: Running; readonly after: Running },
): Promise<BothRan> {
  const found = new OutputDifferences();
  const passedOver: PassedOver[] = [];
  let recordsIn = 0;
  let failure: BothRan['failure'] = null;
  const fetch = (index: number) => {
    const batchId = batches[index];
    const fetched = batchId === undefined ? undefined : inputOrReason(service, job, batchId);
    // What goes wrong is told when its turn has come.
    fetched?.catch(() => undefined);
    return fetched;
  };
  let next = fetch(0);
  for (const [index, batchId] of batches.entries()) {
    const fetched = (await next) ?? (await inputOrReason(service, job, batchId));
    next = fetch(index + 1);
    if ('reason' in fetched) {
      passedOver.push({ batchId, reason: fetched.reason });
      continue;
    }
    const [old, now] = await Promise.allSettled([before.run(fetched.input), after.run(fetched.input)]);
    if (old.status === 'rejected') throw cannotRun(job.name, batchId, old.reason);
    recordsIn += old.value.output.recordsIn;
    if (now.status === 'rejected') {
      if (!(now.reason instanceof BundleFailure)) throw now.reason;
      failure = { batchId, code: now.reason.code, message: now.reason.message };
      break;
    }
    found.add(compareOutput(batchId, old.value.output, now.value.output));
  }
  return { ...found.read(), recordsIn, passedOver, failure };
}

/** What a batch has read, or why it is never handed out. */
export async function inputOrReason(
  service: Tidemark,
  job: RecordedJob,
  batchId: number,
): Promise<Awaited<ReturnType<typeof inputOf>> | { readonly reason: string }> {
  try {
    return await inputOf(service, job, batchId);
  } catch (error) {
    const reason = whyWithheld(error);
    if (reason === undefined) throw error;
    return { reason };
  }
}

const cannotRun = (name: string, batchId: number, reason: unknown): UserError =>
  new UserError(
    `Batch ${batchId} of ${name} does not run here with the job's own bundle, so there is nothing to compare with: ` +
      (reason instanceof Error ? reason.message : String(reason)),
  );
