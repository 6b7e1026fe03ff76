import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** What a job's owner has said about how much of its past is kept. Null does not limit. */
@Entity({ name: 'job_retention' })
export class JobRetentionRow {
  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'job_retention_pk' }) jobId!: string;
  @Column({ name: 'checkpoints', type: 'integer', nullable: true }) checkpoints!: number | null;
  @Column({ name: 'age_ms', type: 'bigint', nullable: true }) ageMs!: number | null;
  @Column({ name: 'bytes', type: 'bigint', nullable: true }) bytes!: number | null;

  @OneToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'job_retention_job' })
  job?: Relation<JobRow>;
}
