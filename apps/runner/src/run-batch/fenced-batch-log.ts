import type { BatchLog, Fenced, HeldBack } from '@tidemark/engine';
import {
  recordKey,
  TidemarkError,
  type BatchCommit,
  type BatchPlan,
  type LoggedBatch,
  type PoisonSearch,
  type RedrivenRecord,
  type RunStore,
  type SetAsideRecord,
} from '@tidemark/domain';
import type { ActiveRun } from './active-run.js';

/** One run's batch log in Postgres. Every answer brings the owner's newest orders along. */
export class FencedBatchLog implements BatchLog {
  constructor(
    private readonly store: RunStore,
    private readonly run: ActiveRun,
    private readonly timeline: number,
    private readonly deadLettersMax: number,
  ) {}

  /** Under another policy what is read again could not be set aside again. */
  get isRedriveWanted(): boolean {
    return this.run.redriveWanted && this.setsAside;
  }

  get setsAside(): boolean {
    return this.run.claimed.manifest.poison === 'dead_letter';
  }

  async after(batchId: number): Promise<readonly LoggedBatch[]> {
    const batches = await this.store.readBatches(this.run.claimed.fence, this.timeline, batchId);
    return batches.map((batch) =>
      batch.search === undefined || batch.search.revision === this.revision ? batch : { ...batch, search: undefined },
    );
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

  async noteSearch(plan: BatchPlan, search: PoisonSearch): Promise<{ readonly outcome: 'noted' } | Fenced> {
    if (this.isGivenUp) return { outcome: 'fenced' };
    const written = await this.store.noteSearch(this.run.claimed.fence, plan, { ...search, revision: this.revision });
    return written === 'fenced' ? this.fenced() : { outcome: 'noted' };
  }

  async toRedrive(sources: readonly string[]): Promise<readonly RedrivenRecord[]> {
    const records = await this.store.recordsToRedrive(this.run.claimed.fence, sources);
    if (records.length === 0) this.run.redriveWanted = false;
    return records;
  }

  async setAside(
    plan: BatchPlan,
    records: readonly SetAsideRecord[],
    more: { readonly isSettled: boolean },
  ): Promise<{ readonly outcome: 'set_aside' } | Fenced> {
    if (this.isGivenUp) return { outcome: 'fenced' };
    await this.assertRoom(plan, records);
    const written = await this.store.setAside(this.run.claimed.fence, plan, records, more);
    return written === 'fenced' ? this.fenced() : { outcome: 'set_aside' };
  }

  /**
   * A job whose whole input is poison must not fill the database. Only this run adds letters, so none come in between; those of
   * records that are re-driven are there.
   */
  private async assertRoom({ batchId, redriven = [] }: BatchPlan, records: readonly SetAsideRecord[]): Promise<void> {
    const again = new Set(redriven.map(recordKey));
    const fresh = records.filter((record) => !again.has(recordKey(record))).length;
    if (fresh === 0) return;
    const waiting = await this.store.deadLettersWaiting(this.run.claimed.fence);
    if (waiting + fresh <= this.deadLettersMax) return;
    const bound = `${this.deadLettersMax} dead letters of one job that wait, of which there are ${waiting}`;
    throw new TidemarkError('too_many_dead_letters', { batchId, bound });
  }

  /** The end of its sandbox proves nothing about a record then, and its sinks are to have nothing any more. */
  private get isGivenUp(): boolean {
    return this.run.abandoned !== undefined;
  }

  private get revision(): number {
    return this.run.claimed.revision.number;
  }

  /** Another run has the job, or the database does not know any more what it has answered to this one. */
  private async fenced(): Promise<Fenced> {
    const { claimed, progress } = this.run;
    const hasRegressed = await this.store.noteProgress(claimed.fence, progress).catch(() => false);
    this.run.abandon(hasRegressed ? 'state_regressed' : 'fenced');
    return { outcome: 'fenced' };
  }
}
