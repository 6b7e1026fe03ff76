import {
  DEFAULT_HEALTH,
  type BundleDigest,
  type BundleManifest,
  type Flow,
  type JobConfig,
  type StateShape,
} from '@tidemark/domain';
import { OPERATOR, SINK, SOURCE } from './records.js';

const INTERVAL_MS = 500;
/** Most starts take longer than two of these: what came until then came in a downtime. */
const SKIPPING_INTERVAL_MS = 150;
const CHECKPOINT_MS = 600;
/** A job that goes back to one has much to read again. */
export const CHECKPOINT_MS_SKIPPING = 1_800;

export const aDigest = (letter: string): BundleDigest => letter.repeat(64) as BundleDigest;

const shapeOf = (kind: string): StateShape => ({
  ...{ kind, key: 'json', value: 'json', codec: { name: 'ndjson', version: 1 }, parameters: {} },
});

/** The kind of the operator is all that tells its state from another one's. */
export function aBundle(kind: string, downtime: Flow['downtime']): BundleManifest {
  const end = (id: number, of: 'source' | 'sink', uid: string) => ({
    ...{ id, kind: of, uid, inputs: [], connector: 'simulated', options: {}, at: '' },
  });
  const batchIntervalMs = downtime === 'skip' ? SKIPPING_INTERVAL_MS : INTERVAL_MS;
  return {
    ...{ definition: 1, name: 'a-job', batchIntervalMs, poison: 'fail' },
    flow: { trigger: 'interval', downtime, backPressure: false },
    nodes: [end(0, 'source', SOURCE), end(1, 'sink', SINK)],
    shapes: { [OPERATOR]: shapeOf(kind) },
  };
}

/** Another build of the same job, and one whose state is another's. */
export const BUNDLES = { first: aDigest('a'), fits: aDigest('b'), doesNotFit: aDigest('c') } as const;
export type BundleName = keyof typeof BUNDLES;
export const SHAPES = { [BUNDLES.first]: 'fold', [BUNDLES.fits]: 'fold', [BUNDLES.doesNotFit]: 'mapWithState' };

export const aConfig = (
  restorePolicy: JobConfig['restorePolicy'],
  checkpointIntervalMs: number = CHECKPOINT_MS,
): JobConfig => ({
  restorePolicy,
  checkpointIntervalMs,
  limits: { memoryMb: 64, cpuMsPerBatch: 1_000 },
  health: DEFAULT_HEALTH,
});
