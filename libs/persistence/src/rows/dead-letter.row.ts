import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** A record that a batch has set aside, written by the statement that committed the batch. */
@Entity({ name: 'dead_letters' })
@Unique('dead_letters_record', ['jobId', 'timeline', 'source', 'partition', 'recordOffset'])
@Index('dead_letters_by_job', ['jobId', 'id'])
@Index('dead_letters_by_status', ['jobId', 'status'])
export class DeadLetterRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'dead_letters_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  /** On which the record was set aside first. */
  @Column({ name: 'timeline', type: 'integer' }) timeline!: number;
  @Column({ name: 'batch_id', type: 'bigint' }) batchId!: number;
  @Column({ name: 'source', type: 'text' }) source!: string;
  @Column({ name: 'partition', type: 'text' }) partition!: string;
  @Column({ name: 'record_offset', type: 'bigint' }) recordOffset!: number;
  @Column({ name: 'code', type: 'text' }) code!: string;
  @Column({ name: 'reason', type: 'text' }) reason!: string;
  @Column({ name: 'bytes', type: 'bytea' }) bytes!: Buffer;
  @Column({ name: 'bytes_total', type: 'bigint' }) bytesTotal!: number;
  /** What was ordered: `waiting`, `redriving` or `discarded`. The rest follows from the job's timelines and from redrives. */
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'returns', type: 'integer', default: 0 }) returns!: number;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true }) settledAt!: Date | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'dead_letters_job' })
  job?: Relation<JobRow>;
}
