import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** What an upgrade would have done at the moment at which somebody asked. */
@Entity({ name: 'upgrade_plans' })
@Index('upgrade_plans_by_job', ['jobId', 'id'])
export class UpgradePlanRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'upgrade_plans_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'revision', type: 'integer' }) revision!: number;
  @Column({ name: 'checkpoint_id', type: 'text', nullable: true }) checkpointId!: string | null;
  @Column({ name: 'bundle_digest', type: 'text' }) bundleDigest!: string;
  @Column({ name: 'config', type: 'jsonb' }) config!: unknown;
  @Column({ name: 'options', type: 'jsonb' }) options!: unknown;
  @Column({ name: 'plan', type: 'jsonb' }) plan!: unknown;
  @Column({ name: 'actor', type: 'text' }) actor!: string;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'upgrade_plans_job' })
  job?: Relation<JobRow>;
}
