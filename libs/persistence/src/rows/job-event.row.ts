import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, Unique, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** Something that happened to a job. `xid` tells readers which rows may still be joined by older ones. */
@Entity({ name: 'job_events' })
@Index('job_events_by_job', ['jobId', 'seq'])
@Unique('job_events_dedup', ['jobId', 'dedupKey'])
export class JobEventRow {
  @PrimaryGeneratedColumn('identity', {
    name: 'seq',
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'job_events_pk',
  })
  seq!: number;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'at', type: 'timestamptz' }) at!: Date;
  @Column({ name: 'type', type: 'text' }) type!: string;
  @Column({ name: 'data', type: 'jsonb' }) data!: unknown;
  @Column({ name: 'dedup_key', type: 'text', nullable: true }) dedupKey!: string | null;
  @Column({ name: 'xid', type: 'text' }) xid!: string;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'job_events_job' })
  job?: Relation<JobRow>;
}
