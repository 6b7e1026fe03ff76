import {
  DESIRED_STATES,
  type BatchCommit,
  type BatchLogEntry,
  type BatchLogResult,
  type BatchPlan,
  type Fence,
  type NewDeadLetter,
  type Orders,
  type RecordPosition,
  type SourceRanges,
} from '@tidemark/domain';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { storableText } from '../announce.js';
import { redrivenOf } from '../mapping.js';
import { UuidIdSource } from '../uuid-id-source.js';
import { SizedGroupCommit } from './group-commit.js';

const ITEMS_MAX = 256;
/** Of one statement: far below what Postgres takes as one value. */
const BYTES_MAX = 32 * 1024 * 1024;
/** A job with thousands of partitions, or with letters, writes more than this in each batch, and takes its time. */
const SMALL_BYTES_MAX = 256 * 1024;

/** How many of a batch's dead letters its event names. */
const TOLD_MAX = 5;

/** What is to be written, as JSON from the beginning: so its length is known. */
type Item = { readonly fence: Fence; readonly json: string };
type PlanItem = Item & { readonly plan: BatchPlan };

/** The batch log's writes. Each is one statement that takes effect only where the job's epoch is still the writer's. */
export class BatchLogWriter {
  private readonly plans: SizedGroupCommit<PlanItem, BatchLogResult>;
  private readonly commits: SizedGroupCommit<Item, BatchLogResult>;
  private readonly ids = new UuidIdSource();

  constructor(private readonly dataSource: Pick<DataSource, 'query'>) {
    const bounds = {
      ...{ itemsMax: ITEMS_MAX, bytesMax: BYTES_MAX, smallBytesMax: SMALL_BYTES_MAX },
      bytesOf: ({ json }: Item) => json.length,
      isRefused,
    };
    this.plans = new SizedGroupCommit<PlanItem, BatchLogResult>((items) => this.writePlans(items), bounds);
    this.commits = new SizedGroupCommit((items) => this.writeCommits(items), bounds);
  }

  async write(fence: Fence, entry: BatchLogEntry): Promise<BatchLogResult> {
    if (entry.kind === 'commit') {
      const json = JSON.stringify({ ...fenceColumns(fence), ...this.rowOf(entry.commit, entry.next) });
      return this.commits.submit({ fence, json });
    }
    const { plan } = entry;
    return this.plans.submit({ fence, plan, json: JSON.stringify({ ...fenceColumns(fence), ...planColumns(plan) }) });
  }

  private async writePlans(items: readonly PlanItem[]): Promise<readonly BatchLogResult[]> {
    const written = planned.parse(await this.dataSource.query(WRITE_PLANS, [arrayOf(items)]));
    return items.map(({ fence, plan }): BatchLogResult => {
      const row = written.find(({ job_id, epoch }) => job_id === fence.jobId && epoch === fence.epoch);
      if (row === undefined) return { outcome: 'fenced' };
      if (row.batch_time_ms === null) return { outcome: 'held_back', orders: ordersOf(row) };
      const { timeline, batchId } = plan;
      const stored: BatchPlan = {
        timeline,
        batchId,
        batchTimeMs: row.batch_time_ms,
        ranges: row.ranges as SourceRanges,
        ...(row.skipped === null ? {} : { skipped: row.skipped as SourceRanges }),
        ...(row.redriven === null ? {} : { redriven: redrivenOf(row.redriven) }),
      };
      return { outcome: 'planned', plan: stored, orders: ordersOf(row) };
    });
  }

  private async writeCommits(items: readonly Item[]): Promise<readonly BatchLogResult[]> {
    const written = committed.parse(await this.dataSource.query(WRITE_COMMITS, [arrayOf(items)]));
    return items.map(({ fence }): BatchLogResult => {
      const row = written.find(({ job_id, epoch }) => job_id === fence.jobId && epoch === fence.epoch);
      if (row === undefined) return { outcome: 'fenced' };
      return { outcome: 'committed', nextPlanned: row.next_planned, orders: ordersOf(row) };
    });
  }

  private rowOf(commit: BatchCommit, next: BatchPlan | undefined) {
    return {
      ...commitColumns(commit),
      ...this.letterColumns(commit.deadLetters ?? []),
      next: next === undefined ? null : planColumns(next),
    };
  }

  private letterColumns(letters: readonly NewDeadLetter[]) {
    if (letters.length === 0) return {};
    return {
      set_aside: letters.map(positionColumns),
      told: letters.slice(0, TOLD_MAX).map(({ code, ...letter }) => {
        return { ...positionColumns(letter), code, reason: storableText(letter.reason) };
      }),
      letters: letters.map((letter) => ({
        ...positionColumns(letter),
        id: this.ids.next('deadLetter'),
        code: letter.code,
        reason: storableText(letter.reason),
        bytes: base64(letter.bytes),
        bytes_total: letter.bytesTotal,
      })),
    };
  }
}

/** Classes of SQLSTATE in which Postgres does not take a value: 22 data exceptions, 23 constraints, 54 its own limits. */
const REFUSED = /^(22|23|54)/;

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && REFUSED.test(String(error.code));

const positionColumns = ({ timeline, source, partition, offset }: RecordPosition) => ({
  timeline,
  source,
  partition,
  offset,
});

const fenceColumns = ({ tenantId, jobId, runId, epoch }: Fence) => ({
  tenant_id: tenantId,
  job_id: jobId,
  run_id: runId,
  epoch,
});

const planColumns = ({ timeline, batchId, batchTimeMs, ranges, skipped, redriven }: BatchPlan) => ({
  timeline,
  batch_id: batchId,
  batch_time_ms: batchTimeMs,
  ranges,
  ...(skipped === undefined ? {} : { skipped }),
  ...(redriven === undefined
    ? {}
    : { redriven: redriven.map((r) => ({ ...positionColumns(r), bytes: base64(r.bytes) })) }),
});

const arrayOf = (items: readonly Item[]): string => `[${items.map(({ json }) => json).join(',')}]`;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const commitColumns = (commit: BatchCommit) => ({
  timeline: commit.timeline,
  batch_id: commit.batchId,
  next_offsets: commit.nextOffsets,
  identities: commit.identities ?? {},
  records_in: commit.recordsIn,
  records_out: commit.recordsOut,
  records_skipped: commit.recordsSkipped,
  records_dead_lettered: commit.recordsDeadLettered ?? 0,
  sources_read: commit.sourcesRead ?? [],
  processing_ms: commit.processingMs,
  scheduling_delay_ms: commit.schedulingDelayMs,
});

const ordered = z.object({
  job_id: z.string(),
  epoch: z.number(),
  desired: z.enum(DESIRED_STATES),
  revision: z.number(),
  starts_elsewhere: z.boolean(),
  savepoint_wanted: z.number().nullable(),
  redrive_wanted: z.boolean(),
});
const planned = z.array(
  ordered.extend({
    batch_time_ms: z.number().nullable(),
    ranges: z.unknown(),
    skipped: z.unknown(),
    redriven: z.unknown(),
  }),
);
const committed = z.array(ordered.extend({ next_planned: z.boolean() }));

const ordersOf = (row: z.infer<typeof ordered>): Orders => ({
  desired: row.desired,
  revision: row.revision,
  startsElsewhere: row.starts_elsewhere,
  savepoint: row.savepoint_wanted ?? undefined,
  redrive: row.redrive_wanted,
});

/** The job's last batch, or the one that its timeline begins after. */
const STANDING = 'CASE WHEN j.last_timeline = j.timeline THEN j.last_batch_id ELSE j.base_batch_id END';

/**
 * The row lock on the job is the fence: a claim that is under way makes this wait and then find another epoch, and a
 * claim that comes later waits until this is durable. A job that was taken from its run and that nobody has claimed yet
 * still has that run's epoch, so the run must own it too. An existing plan is returned as it stands; a new one is written
 * only while the job is wanted running, and after the batch before it: a database that was restored from an older copy has
 * that one neither committed nor planned.
 */
const WRITE_PLANS = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS i(tenant_id text, job_id text, run_id text, epoch bigint, timeline integer, batch_id bigint, batch_time_ms bigint, ranges jsonb,
         skipped jsonb, redriven jsonb)
), owned AS (
  SELECT j.id, j.epoch, j.desired, j.revision, j.start_mode IS NOT NULL AS starts_elsewhere, j.savepoint_wanted, j.redrive_wanted
    FROM jobs j JOIN input i ON i.job_id = j.id AND i.tenant_id = j.tenant_id
   WHERE j.epoch = i.epoch AND j.current_run_id = i.run_id AND j.timeline = i.timeline
     AND (${STANDING} >= i.batch_id - 1
          OR EXISTS (SELECT 1 FROM batches p
                      WHERE p.job_id = i.job_id AND p.timeline = i.timeline AND p.batch_id = i.batch_id - 1))
   ORDER BY j.id
     FOR SHARE OF j
), written AS (
  INSERT INTO batches
    (job_id, timeline, batch_id, tenant_id, batch_time_ms, ranges, skipped, redriven, planned_epoch, planned_at)
  SELECT i.job_id, i.timeline, i.batch_id, i.tenant_id, i.batch_time_ms, i.ranges, i.skipped, i.redriven, i.epoch,
         clock_timestamp()
    FROM input i JOIN owned o ON o.id = i.job_id AND o.epoch = i.epoch
   WHERE o.desired = 'running' AND NOT o.starts_elsewhere
  ON CONFLICT ON CONSTRAINT batches_pk DO NOTHING
  RETURNING job_id, timeline, batch_id, batch_time_ms, ranges, skipped, redriven
)
SELECT o.id AS job_id, o.epoch, o.desired, o.revision, o.starts_elsewhere, o.savepoint_wanted, o.redrive_wanted,
       COALESCE(w.batch_time_ms, b.batch_time_ms) AS batch_time_ms, COALESCE(w.ranges, b.ranges) AS ranges,
       COALESCE(w.skipped, b.skipped) AS skipped, COALESCE(w.redriven, b.redriven) AS redriven
  FROM owned o
  JOIN input i ON i.job_id = o.id AND i.epoch = o.epoch
  LEFT JOIN written w ON w.job_id = o.id
  LEFT JOIN batches b ON b.job_id = i.job_id AND b.timeline = i.timeline AND b.batch_id = i.batch_id`;

/**
 * Commit, what the batch has set aside, the job's progress, and the next plan: all or nothing, and only for the epoch that
 * owns the job and has committed the batch before. Of the records that the batch has read again, those that it has not set
 * aside again are noted as taken; if a rollback takes that back, their letters wait.
 */
const WRITE_COMMITS = `
WITH input AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS i(tenant_id text, job_id text, run_id text, epoch bigint, timeline integer, batch_id bigint, next_offsets jsonb, identities jsonb,
         records_in bigint, records_out bigint, records_skipped bigint, processing_ms bigint,
         scheduling_delay_ms bigint, records_dead_lettered bigint, set_aside jsonb, letters jsonb,
         told jsonb, sources_read jsonb, next jsonb)
), owned AS (
  SELECT j.id, j.epoch
    FROM jobs j JOIN input i ON i.job_id = j.id AND i.tenant_id = j.tenant_id
   WHERE j.epoch = i.epoch AND j.current_run_id = i.run_id AND j.timeline = i.timeline AND ${STANDING} = i.batch_id - 1
   ORDER BY j.id
     FOR NO KEY UPDATE OF j
), finished AS (
  UPDATE batches b
     SET committed_epoch = i.epoch, committed_at = clock_timestamp(), next_offsets = i.next_offsets,
         records_in = i.records_in, records_out = i.records_out, records_skipped = i.records_skipped,
         processing_ms = i.processing_ms, scheduling_delay_ms = i.scheduling_delay_ms,
         records_dead_lettered = i.records_dead_lettered, set_aside = i.set_aside
    FROM input i JOIN owned o ON o.id = i.job_id AND o.epoch = i.epoch
   WHERE b.job_id = i.job_id AND b.timeline = i.timeline AND b.batch_id = i.batch_id AND b.committed_at IS NULL
  RETURNING b.job_id, b.timeline, b.batch_id, b.batch_time_ms, b.committed_at, b.committed_epoch, b.redriven, b.records_dead_lettered,
            i.tenant_id, i.letters, i.told, i.sources_read
), letters AS (
  SELECT f.job_id, f.tenant_id, f.batch_id, l.*
    FROM finished f CROSS JOIN jsonb_to_recordset(coalesce(f.letters, '[]'::jsonb))
      AS l(id text, timeline integer, source text, partition text, "offset" bigint, code text, reason text, bytes text,
           bytes_total bigint)
), lettered AS (
  INSERT INTO dead_letters AS d
    (id, tenant_id, job_id, timeline, batch_id, source, partition, record_offset, code, reason, bytes, bytes_total, status)
  SELECT l.id, l.tenant_id, l.job_id, l.timeline, l.batch_id, l.source, l.partition, l."offset", l.code, l.reason,
         decode(l.bytes, 'base64'), l.bytes_total, 'waiting'
    FROM letters l
  ON CONFLICT ON CONSTRAINT dead_letters_record DO UPDATE
     SET status = 'waiting', code = excluded.code, reason = excluded.reason, returns = d.returns + 1, settled_at = NULL
), redriven AS (
  INSERT INTO dead_letter_redrives (letter_id, timeline, batch_id, at)
  SELECT d.id, f.timeline, f.batch_id, clock_timestamp()
    FROM finished f CROSS JOIN jsonb_to_recordset(coalesce(f.redriven, '[]'::jsonb))
      AS r(timeline integer, source text, partition text, "offset" bigint)
    JOIN dead_letters d ON d.job_id = f.job_id AND d.timeline = r.timeline AND d.source = r.source
     AND d.partition = r.partition AND d.record_offset = r."offset"
   WHERE f.sources_read ? r.source
     AND NOT EXISTS (SELECT 1 FROM letters l WHERE l.job_id = d.job_id AND l.timeline = d.timeline AND l.source = d.source
                        AND l.partition = d.partition AND l."offset" = d.record_offset)
  RETURNING letter_id
), done AS (
  UPDATE dead_letters d SET status = 'waiting' FROM redriven r WHERE d.id = r.letter_id
), told AS (
  INSERT INTO job_events (tenant_id, job_id, at, type, data, dedup_key, xid)
  SELECT f.tenant_id, f.job_id, clock_timestamp(), e.type, e.data, e.type || '/' || f.timeline || '/' || f.batch_id,
         pg_current_xact_id()::text
    FROM finished f CROSS JOIN LATERAL (VALUES
      ('record.dead_lettered', jsonb_build_object('batchId', f.batch_id, 'count', f.records_dead_lettered, 'first', f.told),
       f.told IS NOT NULL),
      ('dead_letters.redriven', jsonb_build_object('batchId', f.batch_id, 'count', jsonb_array_length(f.redriven)),
       f.redriven IS NOT NULL)
    ) AS e(type, data, happened)
   WHERE e.happened
  ON CONFLICT ON CONSTRAINT job_events_dedup DO NOTHING
), advanced AS (
  UPDATE jobs j
     SET last_timeline = f.timeline, last_batch_id = f.batch_id, last_batch_time_ms = f.batch_time_ms,
         last_committed_at = f.committed_at, last_offsets = i.next_offsets, last_identities = i.identities, attempts = 0
    FROM finished f JOIN input i ON i.job_id = f.job_id AND i.epoch = f.committed_epoch
   WHERE j.id = f.job_id
  RETURNING j.id, j.epoch, j.desired, j.revision, j.start_mode IS NOT NULL AS starts_elsewhere, j.savepoint_wanted,
            j.redrive_wanted
), planned AS (
  INSERT INTO batches
    (job_id, timeline, batch_id, tenant_id, batch_time_ms, ranges, skipped, planned_epoch, planned_at)
  SELECT i.job_id, (i.next->>'timeline')::integer, (i.next->>'batch_id')::bigint, i.tenant_id,
         (i.next->>'batch_time_ms')::bigint, i.next->'ranges', i.next->'skipped', i.epoch, clock_timestamp()
    FROM input i JOIN advanced a ON a.id = i.job_id AND a.epoch = i.epoch
   WHERE jsonb_typeof(i.next) = 'object' AND a.desired = 'running' AND NOT a.starts_elsewhere
  RETURNING job_id
)
SELECT a.id AS job_id, a.epoch, a.desired, a.revision, a.starts_elsewhere, a.savepoint_wanted, a.redrive_wanted,
       p.job_id IS NOT NULL AS next_planned
  FROM advanced a LEFT JOIN planned p ON p.job_id = a.id`;
