import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** After which batch of which earlier timeline a timeline goes on; the first one of a job has no row. */
@Entity({ name: 'timelines' })
export class TimelineRow {
  @PrimaryColumn({ name: 'job_id', type: 'text', primaryKeyConstraintName: 'timelines_pk' }) jobId!: string;
  @PrimaryColumn({ name: 'timeline', type: 'integer', primaryKeyConstraintName: 'timelines_pk' }) timeline!: number;
  @Column({ name: 'base_timeline', type: 'integer' }) baseTimeline!: number;
  @Column({ name: 'base_batch_id', type: 'bigint' }) baseBatchId!: number;
  /** The furthest offsets that were committed on any timeline before this one; null where nobody has asked, or not last of it. */
  @Column({ name: 'reached_before', type: 'jsonb', nullable: true }) reachedBefore!: unknown;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'timelines_job' })
  job?: Relation<JobRow>;
}
