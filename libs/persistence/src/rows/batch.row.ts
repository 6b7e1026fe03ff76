import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** The batch log: a plan, and its commit once there is one. */
@Entity({ name: 'batches' })
export class BatchRow {
  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'batches_pk' }) jobId!: string;
  @PrimaryColumn({ name: 'timeline', type: 'integer', primaryKeyConstraintName: 'batches_pk' }) timeline!: number;
  @PrimaryColumn({ name: 'batch_id', type: 'bigint', primaryKeyConstraintName: 'batches_pk' }) batchId!: number;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'batch_time_ms', type: 'bigint' }) batchTimeMs!: number;
  @Column({ name: 'ranges', type: 'jsonb' }) ranges!: unknown;
  @Column({ name: 'skipped', type: 'jsonb', nullable: true }) skipped!: unknown;
  @Column({ name: 'planned_epoch', type: 'bigint' }) plannedEpoch!: number;
  @Column({ name: 'planned_at', type: 'timestamptz' }) plannedAt!: Date;
  @Column({ name: 'committed_epoch', type: 'bigint', nullable: true }) committedEpoch!: number | null;
  @Column({ name: 'committed_at', type: 'timestamptz', nullable: true }) committedAt!: Date | null;
  @Column({ name: 'next_offsets', type: 'jsonb', nullable: true }) nextOffsets!: unknown;
  @Column({ name: 'records_in', type: 'bigint', nullable: true }) recordsIn!: number | null;
  @Column({ name: 'records_out', type: 'bigint', nullable: true }) recordsOut!: number | null;
  @Column({ name: 'records_skipped', type: 'bigint', nullable: true }) recordsSkipped!: number | null;
  @Column({ name: 'records_dead_lettered', type: 'bigint', nullable: true }) recordsDeadLettered!: number | null;
  /** What the batch leaves out whenever it runs. */
  @Column({ name: 'set_aside', type: 'jsonb', nullable: true, select: false }) setAside?: unknown;
  /** Whether a sink may have what came of the rest, before the batch is committed. */
  @Column({ name: 'is_settled', type: 'boolean', nullable: true, select: false }) isSettled?: boolean | null;
  /** How far the search has come for a record at which the batch fails. */
  @Column({ name: 'poison_search', type: 'jsonb', nullable: true, select: false }) poisonSearch?: unknown;
  /** Records that it reads again, with their bytes. */
  @Column({ name: 'redriven', type: 'jsonb', nullable: true, select: false }) redriven?: unknown;
  @Column({ name: 'processing_ms', type: 'bigint', nullable: true }) processingMs!: number | null;
  @Column({ name: 'scheduling_delay_ms', type: 'bigint', nullable: true }) schedulingDelayMs!: number | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'batches_job' })
  job?: Relation<JobRow>;
}
