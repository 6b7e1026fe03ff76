import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { JobRow } from './job.row.js';

/** A checkpoint: offsets and shapes here, state in the object store. */
@Entity({ name: 'checkpoints' })
@Index('checkpoints_by_job', ['jobId', 'timeline', 'batchId'])
@Index('checkpoints_by_status', ['status'])
@Unique('checkpoints_path', ['path'])
export class CheckpointRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'checkpoints_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'timeline', type: 'integer' }) timeline!: number;
  @Column({ name: 'batch_id', type: 'bigint' }) batchId!: number;
  @Column({ name: 'batch_time_ms', type: 'bigint' }) batchTimeMs!: number;
  @Column({ name: 'epoch', type: 'bigint' }) epoch!: number;
  @Column({ name: 'revision', type: 'integer' }) revision!: number;
  @Column({ name: 'bundle_digest', type: 'text' }) bundleDigest!: string;
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'status_reason', type: 'text', nullable: true }) statusReason!: string | null;
  @Column({ name: 'kind', type: 'text' }) kind!: string;
  @Column({ name: 'path', type: 'text' }) path!: string;
  /** Paths of the checkpoints that hold files of this one's state, base first. */
  @Column({ name: 'builds_on', type: 'text', array: true, default: () => "'{}'" }) buildsOn!: string[];
  /** Raised by whatever begins to need this checkpoint. */
  @Column({ name: 'holds', type: 'integer', default: 0 }) holds!: number;
  @Column({ name: 'manifest_sha256', type: 'text', nullable: true }) manifestSha256!: string | null;
  @Column({ name: 'offsets', type: 'jsonb' }) offsets!: unknown;
  @Column({ name: 'identities', type: 'jsonb', default: {} }) identities!: unknown;
  @Column({ name: 'shapes', type: 'jsonb' }) shapes!: unknown;
  @Column({ name: 'state_rows', type: 'bigint', default: 0 }) stateRows!: number;
  @Column({ name: 'state_bytes', type: 'bigint', default: 0 }) stateBytes!: number;
  /** Of the objects in its own folder. */
  @Column({ name: 'own_bytes', type: 'bigint', default: 0 }) ownBytes!: number;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ name: 'completed_at', type: 'timestamptz', nullable: true }) completedAt!: Date | null;
  @Column({ name: 'verified_at', type: 'timestamptz', nullable: true }) verifiedAt!: Date | null;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'checkpoints_job' })
  job?: Relation<JobRow>;
}
