import { HealthWatch, recordKey, type RunStore, type WatchedBatch } from '@tidemark/domain';
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
  async tell(batch: CommittedBatch): Promise<HealthEnd | undefined> {
    if (this.watch === undefined) return undefined;
    const health = this.watch.note(watched(batch));
    if (health.outcome === 'unhealthy') return { outcome: 'unhealthy', reason: health.reason };
    if (health.outcome === 'on_probation') return undefined;
    this.watch = undefined;
    const { fence, revision } = this.run.claimed;
    return (await this.runs.markHealthy(fence, revision.number)) === 'done' ? undefined : { outcome: 'fenced' };
  }
}

/** What a batch says of the revision that ran it. */
function watched({ plan, commit, output }: CommittedBatch): WatchedBatch {
  const { processingMs, recordsIn, recordsSkipped, deadLetters = [], sourcesRead = [] } = commit;
  const redriven = (plan.redriven ?? []).filter(({ source }) => sourcesRead.includes(source));
  const again = new Set(redriven.map(recordKey));
  return {
    processingMs,
    recordsIn: Math.max(0, recordsIn - redriven.length),
    // What is read again is set aside under every policy, and never passed over.
    recordsSkipped: recordsSkipped + deadLetters.filter((letter) => !again.has(recordKey(letter))).length,
    recordsRedriven: redriven.length,
    stateRows: [...output.stateKeys.values()].reduce((sum, rows) => sum + rows, 0),
  };
}
