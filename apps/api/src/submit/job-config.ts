import { DEFAULT_HEALTH, TidemarkError, type BundleManifest, type JobConfig } from '@tidemark/domain';
import type { ConfigOrder } from './submit.requests.js';

const DEFAULT_LIMITS = { memoryMb: 256, cpuMsPerBatch: 10_000 } as const;
const CHECKPOINT_INTERVAL_LEAST_MS = 10_000;
const BATCHES_PER_CHECKPOINT = 10;

/**
 * The configuration of a new revision: what the request says, else what the revision before it had, else the default.
 * Throws `validation_failed` for a checkpoint interval below the batch interval.
 */
export function configFor(
  manifest: BundleManifest,
  order: ConfigOrder | undefined,
  before: JobConfig | undefined,
): JobConfig {
  return {
    restorePolicy: order?.restorePolicy ?? before?.restorePolicy ?? 'ask',
    checkpointIntervalMs: checkpointInterval(manifest, order?.checkpointIntervalMs, before?.checkpointIntervalMs),
    limits: {
      memoryMb: order?.limits?.memoryMb ?? before?.limits.memoryMb ?? DEFAULT_LIMITS.memoryMb,
      cpuMsPerBatch: order?.limits?.cpuMsPerBatch ?? before?.limits.cpuMsPerBatch ?? DEFAULT_LIMITS.cpuMsPerBatch,
    },
    health: {
      batches: order?.health?.batches ?? before?.health.batches ?? DEFAULT_HEALTH.batches,
      slowdown: order?.health?.slowdown ?? before?.health.slowdown ?? DEFAULT_HEALTH.slowdown,
      growth: order?.health?.growth ?? before?.health.growth ?? DEFAULT_HEALTH.growth,
      skipped: order?.health?.skipped ?? before?.health.skipped ?? DEFAULT_HEALTH.skipped,
    },
  };
}

function checkpointInterval({ batchIntervalMs }: BundleManifest, ordered?: number, before?: number): number {
  if (ordered === undefined) {
    const usual = Math.max(CHECKPOINT_INTERVAL_LEAST_MS, BATCHES_PER_CHECKPOINT * batchIntervalMs);
    return before === undefined || before < batchIntervalMs ? usual : before;
  }
  if (ordered >= batchIntervalMs) return ordered;
  const problem = `must be at least one batch interval (${batchIntervalMs} ms)`;
  throw new TidemarkError('validation_failed', { problems: [{ field: 'config.checkpointIntervalMs', problem }] });
}
