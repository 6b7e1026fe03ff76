import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** One attempt to run a revision on one runner. */
@Entity({ name: 'runs' })
@Index('runs_by_job', ['jobId', 'id'])
@Index('runs_by_status', ['status', 'runnerId'])
@Index('runs_by_runner', ['runnerId'])
export class RunRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'runs_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'revision', type: 'integer' }) revision!: number;
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'runner_id', type: 'text', nullable: true }) runnerId!: string | null;
  @Column({ name: 'epoch', type: 'bigint', nullable: true }) epoch!: number | null;
  @Column({ name: 'trace', type: 'text', nullable: true }) trace!: string | null;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ name: 'claimed_at', type: 'timestamptz', nullable: true }) claimedAt!: Date | null;
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true }) endedAt!: Date | null;
  @Column({ name: 'end_reason', type: 'text', nullable: true }) endReason!: string | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'runs_job' })
  job?: Relation<JobRow>;
}
