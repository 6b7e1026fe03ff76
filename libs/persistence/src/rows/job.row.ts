import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { TenantRow } from './tenant.row.js';

/** A job: what its owner wants, what was observed, its epoch, and where its timeline stands. */
@Entity({ name: 'jobs' })
@Index('jobs_by_desired_status', ['desired', 'status'])
@Unique('jobs_tenant_name', ['tenantId', 'name'])
@Unique('jobs_request', ['tenantId', 'requestId'])
export class JobRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'jobs_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'name', type: 'text' }) name!: string;
  @Column({ name: 'desired', type: 'text' }) desired!: string;
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'status_since', type: 'timestamptz', default: () => 'now()' }) statusSince!: Date;
  @Column({ name: 'status_code', type: 'text', nullable: true }) statusCode!: string | null;
  @Column({ name: 'status_reason', type: 'text', nullable: true }) statusReason!: string | null;
  @Column({ name: 'revision', type: 'integer' }) revision!: number;
  @Column({ name: 'epoch', type: 'bigint', default: 0 }) epoch!: number;
  @Column({ name: 'timeline', type: 'integer', default: 1 }) timeline!: number;
  @Column({ name: 'base_batch_id', type: 'bigint', default: 0 }) baseBatchId!: number;
  @Column({ name: 'base_timeline', type: 'integer', nullable: true }) baseTimeline!: number | null;
  @Column({ name: 'base_batch_time_ms', type: 'bigint', nullable: true }) baseBatchTimeMs!: number | null;
  @Column({ name: 'base_offsets', type: 'jsonb', default: {} }) baseOffsets!: unknown;
  @Column({ name: 'base_identities', type: 'jsonb', default: {} }) baseIdentities!: unknown;
  /** Of a fork, how far the other job had read its partitions by then. */
  @Column({ name: 'read_by_others', type: 'jsonb', default: {} }) readByOthers!: unknown;
  /** The checkpoint with whose state the timeline begins; null: with none. */
  @Column({ name: 'base_checkpoint_id', type: 'text', nullable: true }) baseCheckpointId!: string | null;
  @Column({ name: 'last_timeline', type: 'integer', nullable: true }) lastTimeline!: number | null;
  @Column({ name: 'last_batch_id', type: 'bigint', nullable: true }) lastBatchId!: number | null;
  @Column({ name: 'last_batch_time_ms', type: 'bigint', nullable: true }) lastBatchTimeMs!: number | null;
  @Column({ name: 'last_committed_at', type: 'timestamptz', nullable: true }) lastCommittedAt!: Date | null;
  @Column({ name: 'last_offsets', type: 'jsonb', nullable: true }) lastOffsets!: unknown;
  @Column({ name: 'last_identities', type: 'jsonb', default: {} }) lastIdentities!: unknown;
  @Column({ name: 'current_run_id', type: 'text', nullable: true }) currentRunId!: string | null;
  @Column({ name: 'attempts', type: 'integer', default: 0 }) attempts!: number;
  @Column({ name: 'retry_at', type: 'timestamptz', nullable: true }) retryAt!: Date | null;
  @Column({ name: 'start_trigger', type: 'text', default: 'first_start' }) startTrigger!: string;
  @Column({ name: 'start_actor', type: 'text' }) startActor!: string;
  /** From what the next start was ordered to begin; null once that start is decided. */
  @Column({ name: 'start_mode', type: 'jsonb', nullable: true }) startMode!: object | null;
  /** Number of the newest savepoint that somebody waits for. */
  @Column({ name: 'savepoint_wanted', type: 'integer', nullable: true }) savepointWanted!: number | null;
  /** Number of the newest savepoint that was ever asked for; an older build does not count those that it writes down. */
  @Column({ name: 'savepoints_asked', type: 'integer', default: 0 }) savepointsAsked!: number;
  /** Whether dead letters may wait to be read again. */
  @Column({ name: 'redrive_wanted', type: 'boolean', default: false }) redriveWanted!: boolean;
  @Column({ name: 'trace', type: 'text', nullable: true }) trace!: string | null;
  @Column({ name: 'request_id', type: 'text', nullable: true }) requestId!: string | null;
  @Column({ name: 'probation', type: 'jsonb', nullable: true }) probation!: object | null;
  @Column({ name: 'upgrade', type: 'jsonb', nullable: true }) upgrade!: object | null;
  /** What was seen of the job that this database does not know of, and what was ordered by then; null for all is known. */
  @Column({ name: 'regressed', type: 'jsonb', nullable: true }) regressed!: object | null;
  @Column({ name: 'version', type: 'integer', default: 1 }) version!: number;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;

  @ManyToOne(() => TenantRow)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'jobs_tenant' })
  tenant?: Relation<TenantRow>;
}
