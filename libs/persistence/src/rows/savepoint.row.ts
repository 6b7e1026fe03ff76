import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { CheckpointRow } from './checkpoint.row.js';
import { JobRow } from './job.row.js';

/** A checkpoint that somebody asked for, and the name that it was given. */
@Entity({ name: 'savepoints' })
@Unique('savepoints_number', ['jobId', 'number'])
@Unique('savepoints_request', ['jobId', 'requestId'])
@Index('savepoints_by_checkpoint', ['checkpointId'])
export class SavepointRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'savepoints_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  /** Counts the requests of a job: a checkpoint answers all up to the newest that its run knew of. */
  @Column({ name: 'number', type: 'integer' }) number!: number;
  @Column({ name: 'label', type: 'text' }) label!: string;
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'checkpoint_id', type: 'text', nullable: true }) checkpointId!: string | null;
  @Column({ name: 'actor', type: 'text' }) actor!: string;
  @Column({ name: 'request_id', type: 'text', nullable: true }) requestId!: string | null;
  @Column({ name: 'requested_at', type: 'timestamptz', default: () => 'now()' }) requestedAt!: Date;
  @Column({ name: 'completed_at', type: 'timestamptz', nullable: true }) completedAt!: Date | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'savepoints_job' })
  job?: Relation<JobRow>;

  @ManyToOne(() => CheckpointRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'checkpoint_id', foreignKeyConstraintName: 'savepoints_checkpoint' })
  checkpoint?: Relation<CheckpointRow>;
}
