import { furthest, type JobId, type Progress, type TenantId } from '@tidemark/domain';
import { checkpointsFolder } from './job-objects.js';
import type { ObjectStore } from './object-store.port.js';

const TIMELINE = /^t(\d+)$/;
const ATTEMPT = /^b(\d+)-e(\d+)-/;
const PATH = /^[^/]+\/[^/]+\/t(\d+)\/b(\d+)-e(\d+)-[^/]+(?=\/|$)/;

/** Folder of the attempt at a checkpoint to which an object belongs, and how far the job had come; undefined for others. */
export function attemptOf(path: string): { readonly folder: string; readonly progress: Progress } | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [folder, timeline, batchId, epoch] = match;
  return { folder, progress: { timeline: Number(timeline), batchId: Number(batchId), epoch: Number(epoch) } };
}

/**
 * How far a job has come by what its checkpoints' names say, whole or not: the row of each was durable before its first
 * object. Undefined where there are none. Only the last timeline is looked at: epochs grow with timelines.
 */
export async function progressInStore(
  store: ObjectStore,
  job: { readonly tenantId: TenantId; readonly jobId: JobId },
): Promise<Progress | undefined> {
  const timelines = numbersIn(await store.folders(checkpointsFolder(job)), TIMELINE).map(([timeline]) => timeline);
  if (timelines.length === 0) return undefined;
  const timeline = Math.max(...timelines);
  const attempts = numbersIn(await store.folders(`${checkpointsFolder(job)}/t${timeline}`), ATTEMPT);
  return attempts
    .map(([batchId, epoch = 0]): Progress => ({ timeline, batchId, epoch }))
    .reduce<Progress | undefined>((seen, one) => (seen === undefined ? one : furthest(seen, one)), undefined);
}

const numbersIn = (names: readonly string[], form: RegExp): readonly [number, ...number[]][] =>
  names.flatMap((name) => {
    const [, first, ...rest] = form.exec(name) ?? [];
    return first === undefined ? [] : [[Number(first), ...rest.map(Number)]];
  });
