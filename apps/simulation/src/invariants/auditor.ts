import type { Checkpoint, Fence, JobId, RestoreDecision, RollbackId, RunEnd, SourceOffsets } from '@tidemark/domain';
import type { Watch } from '../database/database.js';
import type { CheckpointRow, JobRow, RevisionRow, RollbackRow, Tables } from '../database/tables.js';
import type { BatchAudit } from './batch-audit.js';
import type { CheckpointAudit } from './checkpoint-audit.js';
import { SOURCE } from '../job/records.js';
import type { Findings } from './invariants.js';
import { owned } from './owned.js';
import type { SkipAudit } from './skip-audit.js';
import type { StartAudit } from './start-audit.js';
import { BEGINNING, passedOverUpTo, sameOffsets, textOf, type Timeline, type Timelines } from './timelines.js';

/** Where a job has to begin, with the revision and the offsets that it goes back to. */
type WayBack = Pick<RollbackRow, 'checkpointId' | 'fromTimeline'> & {
  /** None where it goes back by itself. */
  readonly rollbackId: RollbackId | undefined;
  readonly revision: number;
  readonly offsets: SourceOffsets;
};

interface Audits {
  readonly batches: BatchAudit;
  readonly checkpoints: CheckpointAudit;
  readonly starts: StartAudit;
  readonly skips: SkipAudit;
}

/** Sees every change of the rows, and holds it against what it knows itself. */
export class Auditor {
  private readonly epochs = new Map<JobId, number>();
  private readonly claimedRuns = new Set<string>();
  private readonly waysBack = new Map<JobId, WayBack>();
  private readonly asked = new Map<string, { readonly timeline: number; readonly committedId: number }>();
  private readonly heartbeats = new Map<string, number>();
  claims = 0;

  constructor(
    private readonly findings: Findings,
    private readonly timelines: Timelines,
    private readonly of: { readonly tables: Tables; readonly nowMs: () => number; readonly leaseMs: number },
    private readonly audits: Audits,
  ) {}

  get starts(): StartAudit {
    return this.audits.starts;
  }

  watch(): Watch {
    const { batches, checkpoints, starts, skips } = this.audits;
    return {
      created: ({ id, baseCheckpointId }) => {
        if (baseCheckpointId === null) this.timelines.open(id, 1, BEGINNING);
      },
      deployed: this.deployed.bind(this),
      wrote: owned.bind(undefined, this.findings),
      startJudged: starts.judged.bind(starts),
      unreadable: (row) => {
        checkpoints.unreadable(row);
        starts.unreadable(row);
      },
      planned: (job, fence, row, before) => {
        if (before === undefined) skips.planned(job, fence, row.plan);
        batches.planned(job, fence, row, before);
      },
      committed: batches.committed.bind(batches),
      completed: (job, fence, row) => {
        owned(this.findings, job, fence, `that ${row.id} is complete`);
        checkpoints.completed(job, row);
        this.findings.check('I14', row.tenantId === fence.tenantId, () => `a checkpoint of ${row.tenantId}`);
      },
      retired: checkpoints.retired.bind(checkpoints),
      pruned: checkpoints.pruned.bind(checkpoints),
      claimed: this.claimed.bind(this),
      decided: this.decided.bind(this),
      ended: this.ended.bind(this),
      timelineOpened: this.timelineOpened.bind(this),
      rollbackOrdered: this.rollbackOrdered.bind(this),
      wentBack: (job, checkpointId) => {
        this.goesBack(job, { checkpointId, fromTimeline: job.timeline, rollbackId: undefined });
      },
      savepointAsked: this.savepointAsked.bind(this),
      savepointAnswered: this.savepointAnswered.bind(this),
      heartbeat: (runnerId) => void this.heartbeats.set(runnerId, this.of.nowMs()),
      runnerLost: this.runnerLost.bind(this),
      forked: this.forked.bind(this),
      regressed: ({ id }, seen) => {
        const what = (): string =>
          `the rows of ${id} were taken for an older copy: somebody saw ${JSON.stringify(seen)}`;
        this.findings.check('fault', false, what);
      },
    };
  }

  private claimed(job: JobRow, fence: Fence, decision: RestoreDecision, before: number): void {
    this.claims += 1;
    const grows = job.epoch === before + 1 && job.epoch > (this.epochs.get(job.id) ?? 0);
    this.findings.check('I1', grows, () => `epoch ${job.epoch} of ${job.id} came after ${before}`);
    this.epochs.set(job.id, job.epoch);
    const isFirst = !this.claimedRuns.has(fence.runId);
    this.findings.check('I11', isFirst && job.desired === 'running', () => `${fence.runId} was claimed once more`);
    this.claimedRuns.add(fence.runId);
    this.findings.check('I14', decision.tenantId === job.tenantId, () => `${fence.runId} is of another tenant`);
    const wayBack = this.waysBack.get(job.id);
    if (wayBack === undefined) return;
    this.begins(job, wayBack, decision, job.timeline > wayBack.fromTimeline);
    this.waysBack.delete(job.id);
  }

  private decided(job: JobRow, decision: Pick<RestoreDecision, 'verdict'>): void {
    const wayBack = this.waysBack.get(job.id);
    if (wayBack === undefined) return;
    const isOver = this.isReplaced(job, wayBack) || decision.verdict.outcome !== 'start';
    if (isOver) this.waysBack.delete(job.id);
    else this.begins(job, wayBack, decision, true);
  }

  /** By a start from somewhere else: another order to go back is looked at in its place. */
  private isReplaced({ startMode }: JobRow, { rollbackId }: WayBack): boolean {
    if (rollbackId === undefined) return startMode !== null && startMode.mode !== 'checkpoint';
    return this.of.tables.rollbacks.find(({ id }) => id === rollbackId)?.status === 'superseded';
  }

  /** Where its state cannot be had any more, or another revision was deployed meanwhile, its offsets still hold. */
  private begins(
    job: JobRow,
    { checkpointId, revision, offsets: was }: WayBack,
    { verdict }: Pick<RestoreDecision, 'verdict'>,
    isElsewhere: boolean,
  ): void {
    const from = verdict.outcome === 'start' ? verdict.from : undefined;
    const row = this.of.tables.checkpoints.get(checkpointId);
    const isExact = from?.kind === 'checkpoint' && from.checkpointId === checkpointId;
    const offsets = from?.kind === 'offsets_only' ? from.offsets : job.baseOffsets;
    const isOnItsOffsets = from?.kind !== 'checkpoint' && sameOffsets(offsets, was);
    const mayReset = row?.status !== 'complete' || job.revision !== revision;
    const holds = isElsewhere && (isExact || (mayReset && isOnItsOffsets));
    this.findings.check(
      'I10',
      holds,
      () => `${job.id} was to go back to ${checkpointId} and begins with ${JSON.stringify(verdict)}`,
    );
  }

  private rollbackOrdered(job: JobRow, row: RollbackRow): void {
    this.goesBack(job, { ...row, rollbackId: row.id });
    this.isOnce(row.requestId, this.of.tables.rollbacks);
  }

  private goesBack(job: JobRow, to: Omit<WayBack, 'revision' | 'offsets'>): void {
    const { offsets = {} } = this.of.tables.checkpoints.get(to.checkpointId) ?? {};
    this.waysBack.set(job.id, { ...to, revision: job.revision, offsets });
  }

  private deployed({ id }: JobRow, { requestId }: RevisionRow): void {
    this.isOnce(requestId, this.of.tables.revisions.get(id) ?? []);
  }

  private isOnce(asked: string | null, all: readonly { readonly requestId: string | null }[]): void {
    const same = all.filter(({ requestId }) => requestId === asked);
    this.findings.check('I15', same.length === 1, () => `request ${asked ?? ''} has made ${same.length}`);
  }

  private ended(job: JobRow, _: Fence, end: RunEnd): void {
    const code = 'code' in end ? end.code : undefined;
    const contradicts = code === 'batch_log_inconsistent';
    const said = (): string => `${job.id} ended with "${'reason' in end ? end.reason : ''}"`;
    this.findings.check('I3', !contradicts, said);
    // Nothing else that happens here is for a person to look at.
    const isForPeople = end.kind === 'failed' || end.kind === 'ask';
    this.findings.check('fault', !isForPeople || this.starts.isHeld(job.id), said);
    if (end.kind !== 'drained' && end.kind !== 'finished') return;
    const open = [...this.of.tables.batchesOf(job.id, job.timeline).values()].filter(
      ({ committedEpoch }) => committedEpoch === null,
    );
    this.findings.check('I16', open.length === 0, () => `${job.id} was let go of with an open plan`);
  }

  private timelineOpened(
    job: JobRow,
    before: { readonly timeline: number; readonly offsets: SourceOffsets },
    { verdict }: Pick<RestoreDecision, 'verdict'>,
  ): void {
    const old = this.timelines.get(job.id, before.timeline);
    this.audits.skips.left(job.id, old);
    const { baseOffsets: base, baseBatchId } = job;
    if (job.baseCheckpointId === null) {
      const back = verdict.outcome === 'start' && verdict.from.kind === 'checkpoint' ? verdict.from : undefined;
      const asked = back && (this.of.tables.checkpoints.get(back.checkpointId)?.offsets ?? {});
      const at = asked ?? old.committed;
      const said = (): string => `${job.id} was to go on at ${textOf(at)} and begins at ${textOf(base)}`;
      this.findings.check('I8', sameOffsets(base, at), said);
      this.timelines.open(job.id, job.timeline, { base, baseBatchId, ...emptyAt(base) });
      return;
    }
    const row = this.of.tables.checkpoints.get(job.baseCheckpointId);
    this.timelines.open(job.id, job.timeline, { base, baseBatchId, ...this.stateOf(row) });
  }

  private forked(job: JobRow, of: Checkpoint): void {
    const { baseOffsets: base, baseBatchId } = job;
    const isThere = sameOffsets(base, of.offsets) && baseBatchId === of.batchId;
    this.findings.check('I3', isThere, () => `${job.id} begins at ${textOf(base)}, and ${of.id} is elsewhere`);
    this.timelines.open(job.id, 1, { base, baseBatchId, ...this.stateOf(of) });
    this.audits.skips.forked(job.id, of, this.timelines.get(of.jobId, this.of.tables.job(of.jobId).timeline));
  }

  private stateOf(row: Pick<CheckpointRow, 'jobId' | 'timeline' | 'batchId'> | undefined): StateIs {
    if (row === undefined) return emptyAt({});
    const timeline = this.timelines.get(row.jobId, row.timeline);
    return { stateFrom: timeline.stateFrom, passedOver: passedOverUpTo(timeline, row.batchId) };
  }

  private savepointAsked(job: JobRow, number: number): void {
    const ofJob = this.of.tables.savepoints.filter(({ jobId }) => jobId === job.id);
    this.isOnce(ofJob.find((one) => one.number === number)?.requestId ?? null, ofJob);
    const { committedId } = this.timelines.get(job.id, job.timeline);
    this.asked.set(`${job.id}/${number}`, { timeline: job.timeline, committedId });
  }

  private savepointAnswered(job: JobRow, number: number, { batchId, buildsOn }: CheckpointRow): void {
    // That of a job at rest is its last checkpoint, whatever that builds on.
    const isWhole = job.currentRunId === null || buildsOn.length === 0;
    this.findings.check('I12', isWhole, () => `savepoint ${number} is of batch ${batchId}, and not whole`);
    const asked = this.asked.get(`${job.id}/${number}`);
    if (asked === undefined) return;
    const holds = job.timeline > asked.timeline || batchId >= asked.committedId;
    this.findings.check('I12', holds, () => `savepoint ${number} is of batch ${batchId}, before it was asked for`);
  }

  private runnerLost(runnerId: string, session: boolean): void {
    const silentMs = this.of.nowMs() - (this.heartbeats.get(runnerId) ?? 0);
    const isOver = !session || silentMs > this.of.leaseMs;
    this.findings.check('L5', isOver, () => `${runnerId} was given up ${silentMs} ms after its heartbeat`);
  }
}

/** What is in the state with which a timeline begins. */
type StateIs = Pick<Timeline, 'stateFrom' | 'passedOver'>;

const emptyAt = (base: SourceOffsets): StateIs => ({ stateFrom: base[SOURCE] ?? {}, passedOver: [] });
