import { HealthWatch, type RunStore } from '@tidemark/domain';
import type { CommittedBatch } from '@tidemark/engine';
import type { ActiveRun } from './active-run.js';

/** Why the run ends. */
export type HealthEnd = { readonly outcome: 'fenced' } | { readonly outcome: 'unhealthy'; readonly reason: string };

/** Watches the batches of a revision on probation, and says when it is over. Owner of all fields: the run's loop. */
export class HealthTeller {
  private watch: HealthWatch | undefined;

  constructor(
    private readonly run: ActiveRun,
    private readonly runs: RunStore,
  ) {
    const { probation, manifest } = run.claimed;
    this.watch = probation === undefined ? undefined : new HealthWatch(probation, manifest.batchIntervalMs);
  }

  /** @returns undefined where the run goes on. */
  async tell({ commit, output }: CommittedBatch): Promise<HealthEnd | undefined> {
    if (this.watch === undefined) return undefined;
    const { processingMs, recordsIn, recordsDeadLettered = 0 } = commit;
    const recordsSkipped = commit.recordsSkipped + recordsDeadLettered;
    const stateRows = [...output.stateKeys.values()].reduce((sum, rows) => sum + rows, 0);
    const health = this.watch.note({ processingMs, recordsIn, recordsSkipped, stateRows });
    if (health.outcome === 'unhealthy') return { outcome: 'unhealthy', reason: health.reason };
    if (health.outcome === 'on_probation') return undefined;
    this.watch = undefined;
    const { fence, revision } = this.run.claimed;
    return (await this.runs.markHealthy(fence, revision.number)) === 'done' ? undefined : { outcome: 'fenced' };
  }
}
