import type { CheckpointId, JobId, RestoreDecision, StartPoint } from '@tidemark/domain';
import { newestFirst, type CheckpointRow, type JobRow, type Tables } from '../database/tables.js';
import { OPERATOR } from '../job/records.js';
import type { Findings } from './invariants.js';

/** I8: a start does without state that is there only because of damage, a misfit or an order. */
export class StartAudit {
  /** Checkpoints that were found unreadable, and the timelines that they are of. */
  private readonly unreadableIds = new Set<CheckpointId>();
  private readonly damaged = new Set<string>();
  private readonly held = new Set<JobId>();

  constructor(
    private readonly findings: Findings,
    private readonly tables: Tables,
  ) {}

  unreadable({ id, jobId, timeline }: CheckpointRow): void {
    this.unreadableIds.add(id);
    this.damaged.add(`${jobId}/${timeline}`);
  }

  /** Whether its last start was held back, for a reason that was looked at. */
  isHeld(jobId: JobId): boolean {
    return this.held.has(jobId);
  }

  judged(job: JobRow, revision: number, { verdict }: Pick<RestoreDecision, 'verdict'>): void {
    if (verdict.outcome === 'start') this.held.delete(job.id);
    else this.held.add(job.id);
    if (verdict.outcome === 'start' && keepsAll(verdict.from)) return;
    if (job.startMode !== null && job.startMode.mode !== 'checkpoint') return;
    const row = this.wouldDo(job);
    const fits = row !== undefined && this.fits(row, job.id, revision);
    const isExplained = row === undefined ? this.isDamaged(job) : !fits;
    const what = (): string =>
      `${job.id} is to do without state (${verdict.reasonCode}), and ${row?.id ?? 'nothing'} was neither damaged nor a misfit`;
    this.findings.check('I8', isExplained, what);
  }

  /**
   * What it was ordered to begin with, or else the newest that can be read and gone on from, or what its timeline begins
   * with.
   */
  private wouldDo(job: JobRow): CheckpointRow | undefined {
    const { checkpoints } = this.tables;
    if (job.startMode?.mode === 'checkpoint') return readable(checkpoints.get(job.startMode.checkpointId));
    const loggedAfter = this.loggedAfter(job);
    const own = this.tables
      .checkpointsOf(job.id)
      .filter(({ timeline, batchId }) => timeline === job.timeline && batchId >= loggedAfter);
    const newest = own.sort(newestFirst).find((row) => readable(row) !== undefined);
    const base = job.baseCheckpointId === null ? undefined : checkpoints.get(job.baseCheckpointId);
    return newest ?? (loggedAfter === job.baseBatchId ? readable(base) : undefined);
  }

  /** After which batch of its timeline the log has all that follow. */
  private loggedAfter({ id, timeline, lastTimeline, lastBatchId, baseBatchId }: JobRow): number {
    const [first] = this.tables.batchesOf(id, timeline).keys();
    if (first !== undefined) return first - 1;
    return lastTimeline === timeline ? (lastBatchId ?? baseBatchId) : baseBatchId;
  }

  private fits({ shapes, revision: of }: CheckpointRow, jobId: JobId, revision: number): boolean {
    const { manifest, options } = this.tables.revision(jobId, revision);
    const isReset = of !== revision && options.resets.includes(OPERATOR);
    return !isReset && shapes[OPERATOR]?.kind === manifest.shapes[OPERATOR]?.kind;
  }

  private isDamaged({ id, timeline, baseCheckpointId, startMode }: JobRow): boolean {
    if (startMode?.mode === 'checkpoint') return this.unreadableIds.has(startMode.checkpointId);
    const isBase = baseCheckpointId !== null && this.unreadableIds.has(baseCheckpointId);
    return isBase || this.damaged.has(`${id}/${timeline}`);
  }
}

const keepsAll = (from: StartPoint): boolean =>
  from.kind === 'checkpoint' ? from.withoutState !== true : from.kind !== 'offsets_only';

const readable = (row: CheckpointRow | undefined): CheckpointRow | undefined =>
  row?.status === 'complete' ? row : undefined;
