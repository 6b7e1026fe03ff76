import type { BatchLog, Fenced, HeldBack } from '@tidemark/engine';
import type { BatchCommit, BatchPlan, LoggedBatch, RunStore } from '@tidemark/domain';
import type { ActiveRun } from './active-run.js';

/** One run's batch log in Postgres. Every answer brings the owner's newest orders along. */
export class FencedBatchLog implements BatchLog {
  constructor(
    private readonly store: RunStore,
    private readonly run: ActiveRun,
    private readonly timeline: number,
  ) {}

  after(batchId: number): Promise<readonly LoggedBatch[]> {
    return this.store.readBatches(this.run.claimed.fence, this.timeline, batchId);
  }

  async plan(plan: BatchPlan): Promise<{ readonly outcome: 'planned'; readonly plan: BatchPlan } | HeldBack | Fenced> {
    const result = await this.store.writeBatch(this.run.claimed.fence, { kind: 'plan', plan });
    if (result.outcome === 'fenced') return this.fenced();
    this.run.obey(result.orders);
    if (result.outcome === 'committed') throw new Error('A plan was answered like a commit.');
    if (result.outcome === 'held_back') return { outcome: 'held_back' };
    return { outcome: 'planned', plan: result.plan };
  }

  async commit(
    commit: BatchCommit,
    next?: BatchPlan,
  ): Promise<{ readonly outcome: 'committed'; readonly nextPlanned: boolean } | Fenced> {
    const result = await this.store.writeBatch(this.run.claimed.fence, { kind: 'commit', commit, next });
    if (result.outcome === 'fenced') return this.fenced();
    this.run.noteCommitted(commit);
    this.run.obey(result.orders);
    if (result.outcome !== 'committed') throw new Error('A commit was answered like a plan.');
    return { outcome: 'committed', nextPlanned: result.nextPlanned };
  }

  /** Another run has the job, or the database does not know any more what it has answered to this one. */
  private async fenced(): Promise<Fenced> {
    const { claimed, progress } = this.run;
    const hasRegressed = await this.store.noteProgress(claimed.fence, progress).catch(() => false);
    this.run.abandon(hasRegressed ? 'state_regressed' : 'fenced');
    return { outcome: 'fenced' };
  }
}
