import type { BatchLogResult, Orders, RunId, RunStore, TenantId } from '@tidemark/domain';
import type { RunnerParts } from '../world/runner-process.js';
import { PortFailure } from '../world/stage.js';
import type { Mutation } from '../world/world.js';
import { around } from './around.js';

type Wrap = NonNullable<Mutation['runner']>;

const withRuns = (parts: RunnerParts, calls: Partial<RunStore>): RunnerParts => ({
  ...parts,
  runs: around(parts.runs, calls),
});

/** A commit that seems to have failed is sent again, whatever became of it. */
export const commitsBlindly: Wrap = (parts) => {
  const { runs } = parts;
  return withRuns(parts, {
    writeBatch: async (fence, entry): Promise<BatchLogResult> => {
      try {
        return await runs.writeBatch(fence, entry);
      } catch (error) {
        if (entry.kind !== 'commit' || !(error instanceof PortFailure)) throw error;
        return runs.writeBatch(fence, entry);
      }
    },
  });
};

/** Every run of a process writes as the tenant of its first one. */
export const staysWithItsFirstTenant: Wrap = (parts) => {
  const { runs } = parts;
  let first: TenantId | undefined;
  return withRuns(parts, {
    claim: async (runId, runnerId) => {
      const claimed = await runs.claim(runId, runnerId);
      if (claimed === undefined) return undefined;
      first ??= claimed.fence.tenantId;
      return { ...claimed, fence: { ...claimed.fence, tenantId: first } };
    },
  });
};

/** The run ends as it was told to, and nobody ever says that it no longer has the job. */
export const stopsInSilence: Wrap = (parts, { database }) => {
  const { runs } = parts;
  return withRuns(parts, {
    end: async (fence, end) => {
      const { desired } = database.tables.job(fence.jobId);
      return desired === 'stopped' && end.kind === 'drained' ? 'done' : runs.end(fence, end);
    },
    disown: async (runId, runnerId) => {
      const run = database.tables.runs.get(runId);
      const job = run === undefined ? undefined : database.tables.job(run.jobId);
      if (job?.desired !== 'stopped') await runs.disown(runId, runnerId);
    },
  });
};

/** Whatever is deployed, a run is told of the revision that it runs. */
export const deafToDeployments: Wrap = (parts) => {
  const { runs } = parts;
  const own = new Map<RunId, number>();
  const heard = <T extends Orders>(runId: RunId, orders: T): T => ({
    ...orders,
    revision: own.get(runId) ?? orders.revision,
  });
  return withRuns(parts, {
    claim: async (runId, runnerId) => {
      const claimed = await runs.claim(runId, runnerId);
      if (claimed !== undefined) own.set(runId, claimed.revision.number);
      return claimed;
    },
    writeBatch: async (fence, entry) => {
      const result = await runs.writeBatch(fence, entry);
      return 'orders' in result ? { ...result, orders: heard(fence.runId, result.orders) } : result;
    },
    heartbeat: async (runnerId) => {
      const answer = await runs.heartbeat(runnerId);
      if (answer.outcome === 'lost') return answer;
      const orders = new Map([...answer.orders].map(([runId, of]) => [runId, heard(runId, of)]));
      return { ...answer, orders };
    },
  });
};

const HEARTBEATS = 6;

/** Every so often a runner takes itself for lost. */
export const losesHeart: Wrap = (parts) => {
  const { runs } = parts;
  let count = 0;
  return withRuns(parts, {
    heartbeat: async (runnerId) => {
      count += 1;
      return count % HEARTBEATS === 0 ? { outcome: 'lost' } : runs.heartbeat(runnerId);
    },
  });
};
