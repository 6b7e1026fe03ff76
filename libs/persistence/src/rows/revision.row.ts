import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** One version of a job: bundle and configuration. */
@Entity({ name: 'revisions' })
@Unique('revisions_request', ['jobId', 'requestId'])
export class RevisionRow {
  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'revisions_pk' }) jobId!: string;
  @PrimaryColumn({ name: 'number', type: 'integer', primaryKeyConstraintName: 'revisions_pk' }) number!: number;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'bundle_digest', type: 'text' }) bundleDigest!: string;
  @Column({ name: 'config', type: 'jsonb' }) config!: unknown;
  @Column({ name: 'options', type: 'jsonb', nullable: true }) options!: unknown;
  @Column({ name: 'request_id', type: 'text', nullable: true }) requestId!: string | null;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'revisions_job' })
  job?: Relation<JobRow>;
}
