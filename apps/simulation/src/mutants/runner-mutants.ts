import { createHash } from 'node:crypto';
import { MANIFEST_NAME, type CheckpointManifest, type ObjectStore } from '@tidemark/checkpoint';
import type { BatchLogResult, BatchPlan, Checkpoint, ClaimedRun, Fence, Orders, RunStore } from '@tidemark/domain';
import type { RunnerParts } from '../world/runner-process.js';
import type { Mutation, World } from '../world/world.js';
import { around } from './around.js';

type Wrap = NonNullable<Mutation['runner']>;
type Rejected = Awaited<ReturnType<RunStore['rejectCheckpoint']>>;

const withRuns = (parts: RunnerParts, calls: Partial<RunStore>): RunnerParts => ({
  ...parts,
  runs: around(parts.runs, calls),
});

const ordersOf = (world: World, { jobId }: Fence): Orders => {
  const { revision } = world.database.tables.job(jobId);
  return { desired: 'running', revision };
};

/** The plan becomes durable only with the commit: after what the batch did. */
export const planAfterSinks: Wrap = (parts, world) => {
  const { runs } = parts;
  const kept = new Map<string, BatchPlan>();
  const nameOf = (fence: Fence, batchId: number): string => `${fence.runId}/${batchId}`;
  return withRuns(parts, {
    writeBatch: async (fence, entry): Promise<BatchLogResult> => {
      if (entry.kind === 'plan') {
        kept.set(nameOf(fence, entry.plan.batchId), entry.plan);
        return { outcome: 'planned', plan: entry.plan, orders: ordersOf(world, fence) };
      }
      const plan = kept.get(nameOf(fence, entry.commit.batchId));
      if (plan !== undefined) await runs.writeBatch(fence, { kind: 'plan', plan });
      return runs.writeBatch(fence, entry);
    },
  });
};

/** A run that has lost its job is told that all is well. */
export const deafToFences: Wrap = (parts, world) => {
  const { runs } = parts;
  return withRuns(parts, {
    writeBatch: async (fence, entry): Promise<BatchLogResult> => {
      const result = await runs.writeBatch(fence, entry);
      if (result.outcome !== 'fenced') return result;
      const orders = ordersOf(world, fence);
      if (entry.kind === 'plan') return { outcome: 'planned', plan: entry.plan, orders };
      return { outcome: 'committed', nextPlanned: false, orders };
    },
  });
};

/** The next plan is durable, and the run does not hear of it. */
export const forgetsNextPlan: Wrap = (parts) => {
  const { runs } = parts;
  return withRuns(parts, {
    writeBatch: async (fence, entry) => {
      const result = await runs.writeBatch(fence, entry);
      return result.outcome === 'committed' ? { ...result, nextPlanned: false } : result;
    },
  });
};

/** What a former run has planned and not committed is chosen anew. */
export const choosesAnew: Wrap = (parts) => {
  const { runs } = parts;
  return withRuns(parts, {
    readBatches: async (...about) =>
      (await runs.readBatches(...about)).filter(({ nextOffsets }) => nextOffsets !== undefined),
  });
};

const NOT_WRITTEN = { manifestSha256: '0'.repeat(64), stateRows: 0, stateBytes: 0, kind: 'full' } as const;

/** The row says `complete` before the first object is there. */
export const completeBeforeObjects: Wrap = (parts) => {
  const { runs } = parts;
  return withRuns(parts, {
    beginCheckpoint: async (fence, checkpoint) => {
      const begun = await runs.beginCheckpoint(fence, checkpoint);
      const written = { ...NOT_WRITTEN, files: 0, bytesWritten: 0, manifestBytes: 0, pauseMs: 0 };
      if (begun === 'done') await runs.completeCheckpoint(fence, checkpoint.id, written);
      return begun;
    },
    completeCheckpoint: () => Promise.resolve('done'),
  });
};

/** Whatever was asked for until the checkpoint is complete is answered with it, not until its state was frozen. */
export const savepointByEarlierSnapshot: Wrap = (parts, world) => {
  const { runs } = parts;
  return withRuns(parts, {
    completeCheckpoint: (fence, id, written) => {
      const wanted = world.database.tables.job(fence.jobId).savepointWanted ?? undefined;
      return runs.completeCheckpoint(fence, id, { ...written, savepoint: wanted ?? written.savepoint });
    },
  });
};

/** A checkpoint is written, and says of no savepoint that was asked for. */
export const savepointNever: Wrap = (parts) => {
  const { runs } = parts;
  return withRuns(parts, {
    completeCheckpoint: (fence, id, written) =>
      runs.completeCheckpoint(fence, id, { ...written, savepoint: undefined }),
  });
};

/** The last byte of every file of state is another one. */
export const writesOtherBytes: Wrap = (parts) => {
  const { objects } = parts;
  const put: ObjectStore['put'] = (path, bytes) => {
    if (path.endsWith(MANIFEST_NAME)) return objects.put(path, bytes);
    const other = Uint8Array.from(bytes);
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    return objects.put(path, other);
  };
  return { ...parts, objects: around(objects, { put }) };
};

/** State of one checkpoint, offsets of the last commit. */
export const offsetsOfAnother: Wrap = (parts, world) => {
  const { runs } = parts;
  const moved = (fence: Fence, checkpoint: Checkpoint | undefined): Checkpoint | undefined => {
    const offsets = world.database.tables.job(fence.jobId).lastOffsets ?? undefined;
    return checkpoint === undefined || offsets === undefined ? checkpoint : { ...checkpoint, offsets };
  };
  return changesWhatIsRestored(parts, runs, moved);
};

/** Takes any bytes for what they should be: every hash is that of what lies there. */
export const restoreUnverified: Wrap = (parts, world) => {
  const { disk } = world;
  const reading = (path: string): Uint8Array =>
    manifestOf(disk.objects, path) ?? disk.objects.get(path) ?? new Uint8Array();
  const objects: ObjectStore = around(parts.objects, {
    get: async (path) => {
      const bytes = await parts.objects.get(path);
      return path.endsWith(MANIFEST_NAME) ? reading(path) : bytes;
    },
  });
  const trusted = (_: Fence, checkpoint: Checkpoint | undefined): Checkpoint | undefined =>
    checkpoint && { ...checkpoint, manifestSha256: sha256(reading(`${checkpoint.path}/${MANIFEST_NAME}`)) };
  return changesWhatIsRestored({ ...parts, objects }, parts.runs, trusted);
};

function changesWhatIsRestored(
  parts: RunnerParts,
  runs: RunStore,
  change: (fence: Fence, checkpoint: Checkpoint | undefined) => Checkpoint | undefined,
): RunnerParts {
  return withRuns(parts, {
    claim: async (runId, runnerId): Promise<ClaimedRun | undefined> => {
      const claimed = await runs.claim(runId, runnerId);
      return claimed && { ...claimed, checkpoint: change(claimed.fence, claimed.checkpoint) };
    },
    rejectCheckpoint: async (fence, id, reason): Promise<Rejected> => {
      const again = await runs.rejectCheckpoint(fence, id, reason);
      return again.outcome === 'fenced' ? again : { ...again, checkpoint: change(fence, again.checkpoint) };
    },
  });
}

/** The manifest at this path, with the hash and the length of every file as it lies there. */
function manifestOf(objects: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array | undefined {
  const bytes = objects.get(path);
  if (bytes === undefined) return undefined;
  let manifest: CheckpointManifest;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes)) as CheckpointManifest;
  } catch {
    return undefined;
  }
  const folder = path.slice(0, -MANIFEST_NAME.length - 1);
  const operators = Object.entries(manifest.operators).map(([uid, operator]) => {
    const files = operator.files.map((file) => {
      const stored = objects.get(`${file.in ?? folder}/${file.path}`);
      return stored === undefined ? file : { ...file, bytes: stored.length, sha256: sha256(stored) };
    });
    return [uid, { ...operator, files }] as const;
  });
  return Buffer.from(JSON.stringify({ ...manifest, operators: Object.fromEntries(operators) }));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
