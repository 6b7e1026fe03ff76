import { bundleJob } from '@tidemark/bundler';
import type { BundleUpload, Job, JobConfigOrder } from '@tidemark/sdk';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { UserError } from '../terminal.js';
import { anyNumber, wholeNumber, wholeNumberOrZero, type Context } from './context.js';
import { undoneRevision } from './undone-revision.js';

const WAIT_SECONDS_DEFAULT = 60;
const ENDED = ['failed', 'cancelled', 'stopped', 'awaiting_decision'];

export interface RevisionOptions {
  readonly minify?: boolean;
  readonly restorePolicy?: string;
  readonly checkpointIntervalMs?: number;
  readonly memoryMb?: number;
  readonly cpuMsPerBatch?: number;
  readonly healthBatches?: number;
  readonly healthSlowdown?: number;
  readonly healthGrowth?: number;
  readonly healthSkipped?: number;
}

export interface WaitOption {
  readonly wait?: number | true;
}

/** Options of whatever makes a revision. */
export function withRevisionOptions(command: Command): Command {
  return command
    .option('--minify', 'make the bundle small')
    .option('--restore-policy <policy>', 'ask, fail or reset_keep_offsets: what to do where state does not fit')
    .option('--checkpoint-interval-ms <ms>', 'milliseconds between checkpoints', wholeNumber)
    .option('--memory-mb <mib>', "memory of the job's sandbox", wholeNumber)
    .option('--cpu-ms-per-batch <ms>', 'CPU deadline of a batch', wholeNumber)
    .option('--health-batches <n>', 'batches on probation after an upgrade; 0: it is not watched', wholeNumberOrZero)
    .option('--health-slowdown <times>', 'how many times longer than before its batches may take', anyNumber)
    .option('--health-growth <times>', 'how many times as many rows of state as it took over it may have', anyNumber)
    .option('--health-skipped <part>', 'part of the records that it may skip as unreadable, 0 to 1', anyNumber);
}

/** The option of whatever starts a revision; what it does then is {@link showSubmitted}. */
export const withWaitOption = (command: Command): Command =>
  command.option(
    '--wait [seconds]',
    `wait for the next committed batch, or for the job to be finished, ${WAIT_SECONDS_DEFAULT} s at most by default`,
    wholeNumber,
  );

/** Shows what was ordered, or what became of it once `isThere` says so. */
export async function showSubmitted(
  context: Context,
  job: Job,
  { wait }: WaitOption,
  isThere: (job: Job) => boolean,
): Promise<void> {
  if (wait === undefined) {
    context.show(job, [job.id]);
    return;
  }
  const timeoutMs = (wait === true ? WAIT_SECONDS_DEFAULT : wait) * 1_000;
  const { interrupted: signal } = context.terminal;
  const isBack = (now: Job): boolean => now.revision < job.revision;
  const isOver = (now: Job): boolean => isBack(now) || isThere(now) || ENDED.includes(now.status);
  const seen = await context.service.jobs.waitFor(job.id, isOver, { timeoutMs, signal });
  if (isBack(seen)) {
    const why = (await undoneRevision(context, seen))?.reason ?? 'somebody has ordered it';
    throw new UserError(`Job ${seen.id} has gone back to revision ${seen.revision}: ${why}`);
  }
  if (!isThere(seen)) {
    throw new UserError(`Job ${seen.id} is ${seen.status}${seen.reason === null ? '.' : `: ${seen.reason.message}`}`);
  }
  context.show(seen, [
    seen.id,
    isFinished(seen.status)
      ? `finished with batch ${seen.lastBatch?.batchId ?? 'none'}`
      : `batch ${seen.lastBatch?.batchId ?? ''} committed on ${seen.currentRun?.runnerId ?? 'a runner'}`,
  ]);
}

/** Whether a job that was just made has come as far as its first batch. */
export const hasBegun = ({ lastBatch, status }: Job): boolean => lastBatch !== null || isFinished(status);

/** A job that ends by itself may do so without a batch, and faster than anybody looks. */
export const isFinished = (status: Job['status']): boolean => status === 'finished';

/** The bundle in a file: sources are bundled, bundles are taken as they are, with the source map beside them. */
export async function bundleIn(path: string, { minify = false }: RevisionOptions): Promise<BundleUpload> {
  if (!/\.[cm]?js$/.test(path)) return bundleJob(path, { minify });
  const code = await readFile(path, 'utf8').catch(() => {
    throw new UserError(`${path} cannot be read.`);
  });
  const sourceMap = await readFile(`${path}.map`, 'utf8').catch(() => undefined);
  return sourceMap === undefined ? { code } : { code, sourceMap };
}

export function configIn({
  restorePolicy,
  checkpointIntervalMs,
  memoryMb,
  cpuMsPerBatch,
  ...options
}: RevisionOptions): JobConfigOrder {
  return {
    // The service knows the policies and names them when this is none.
    ...(restorePolicy === undefined
      ? {}
      : { restorePolicy: restorePolicy as NonNullable<JobConfigOrder['restorePolicy']> }),
    ...(checkpointIntervalMs === undefined ? {} : { checkpointIntervalMs }),
    limits: {
      ...(memoryMb === undefined ? {} : { memoryMb }),
      ...(cpuMsPerBatch === undefined ? {} : { cpuMsPerBatch }),
    },
    ...healthIn(options),
  };
}

function healthIn({
  healthBatches: batches,
  healthSlowdown: slowdown,
  healthGrowth: growth,
  healthSkipped: skipped,
}: RevisionOptions): Pick<JobConfigOrder, 'health'> {
  const health = {
    ...(batches === undefined ? {} : { batches }),
    ...(slowdown === undefined ? {} : { slowdown }),
    ...(growth === undefined ? {} : { growth }),
    ...(skipped === undefined ? {} : { skipped }),
  };
  return Object.keys(health).length === 0 ? {} : { health };
}
