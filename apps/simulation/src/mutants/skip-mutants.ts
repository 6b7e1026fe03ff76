import type { BatchPlan, ClaimedRun, RunId } from '@tidemark/domain';
import type { RunnerParts } from '../world/runner-process.js';
import type { Mutation } from '../world/world.js';
import { around } from './around.js';

type Wrap = NonNullable<Mutation['runner']>;

/** The first batch after a job has gone back passes over what it was to read. */
export const skipsAfterGoingBack: Wrap = (parts) =>
  withOtherPlans(parts, (plan, { base, manifest }) => {
    const isFirst = base.batchId > 0 && plan.batchId === base.batchId + 1;
    return isFirst && manifest.flow?.downtime === 'skip' ? { ...plan, ranges: {}, skipped: plan.ranges } : plan;
  });

/** What is passed over is in no plan that anybody else could read: the offsets only jump. */
export const skipsUnplanned: Wrap = (parts) => {
  const { runs } = parts;
  const writeBatch: typeof runs.writeBatch = async (fence, entry) => {
    if (entry.kind !== 'plan') return runs.writeBatch(fence, entry);
    const { skipped: _, ...plan } = entry.plan;
    const result = await runs.writeBatch(fence, { ...entry, plan });
    return result.outcome === 'planned' ? { ...result, plan: entry.plan } : result;
  };
  return { ...parts, runs: around(runs, { writeBatch }) };
};

/** Every plan that a run chooses is another one before it is written. */
function withOtherPlans(parts: RunnerParts, other: (plan: BatchPlan, claimed: ClaimedRun) => BatchPlan): RunnerParts {
  const { runs } = parts;
  const claims = new Map<RunId, ClaimedRun>();
  const calls: Partial<typeof runs> = {
    claim: async (runId, runnerId) => {
      const claimed = await runs.claim(runId, runnerId);
      if (claimed !== undefined) claims.set(runId, claimed);
      return claimed;
    },
    writeBatch: (fence, entry) => {
      const claimed = claims.get(fence.runId);
      const isOther = entry.kind === 'plan' && claimed !== undefined;
      return runs.writeBatch(fence, isOther ? { ...entry, plan: other(entry.plan, claimed) } : entry);
    },
  };
  return { ...parts, runs: around(runs, calls) };
}
