import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** From what a run started, and why. */
@Entity({ name: 'restore_decisions' })
@Index('restore_decisions_by_job', ['jobId', 'id'])
@Index('restore_decisions_by_run', ['runId'])
export class RestoreDecisionRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'restore_decisions_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'run_id', type: 'text' }) runId!: string;
  @Column({ name: 'trigger', type: 'text' }) trigger!: string;
  @Column({ name: 'policy', type: 'text' }) policy!: string;
  @Column({ name: 'candidates', type: 'jsonb' }) candidates!: unknown;
  @Column({ name: 'verdict', type: 'jsonb' }) verdict!: unknown;
  @Column({ name: 'actor', type: 'text' }) actor!: string;
  @Column({ name: 'decided_at', type: 'timestamptz', default: () => 'now()' }) decidedAt!: Date;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'restore_decisions_job' })
  job?: Relation<JobRow>;
}
