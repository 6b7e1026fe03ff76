import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** An order to go back to a checkpoint, and what came of it. It outlives the checkpoint. */
@Entity({ name: 'rollbacks' })
@Index('rollbacks_by_job', ['jobId', 'id'])
@Unique('rollbacks_request', ['jobId', 'requestId'])
export class RollbackRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'rollbacks_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'checkpoint_id', type: 'text' }) checkpointId!: string;
  @Column({ name: 'from_point', type: 'jsonb' }) fromPoint!: unknown;
  @Column({ name: 'to_point', type: 'jsonb' }) toPoint!: unknown;
  @Column({ name: 'undoes', type: 'text', nullable: true }) undoes!: string | null;
  @Column({ name: 'reason', type: 'text', nullable: true }) reason!: string | null;
  @Column({ name: 'status', type: 'text' }) status!: string;
  /** The timeline that it has opened. */
  @Column({ name: 'timeline', type: 'integer', nullable: true }) timeline!: number | null;
  @Column({ name: 'actor', type: 'text' }) actor!: string;
  @Column({ name: 'request_id', type: 'text', nullable: true }) requestId!: string | null;
  @Column({ name: 'ordered_at', type: 'timestamptz', default: () => 'now()' }) orderedAt!: Date;
  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true }) decidedAt!: Date | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'rollbacks_job' })
  job?: Relation<JobRow>;
}
