import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { CheckpointRow } from './checkpoint.row.js';
import { JobRow } from './job.row.js';

/** Somebody holds on to a checkpoint: it is not collected, whatever the limits say. */
@Entity({ name: 'checkpoint_pins' })
@Index('checkpoint_pins_by_owner', ['owner'])
@Index('checkpoint_pins_by_job', ['forJobId'])
export class CheckpointPinRow {
  @PrimaryColumn({ name: 'checkpoint_id', type: 'text', primaryKeyConstraintName: 'checkpoint_pins_pk' })
  checkpointId!: string;
  /** Who holds on to it, as `kind/id`. */
  @PrimaryColumn({ name: 'owner', type: 'text', primaryKeyConstraintName: 'checkpoint_pins_pk' }) owner!: string;
  @Column({ name: 'reason', type: 'text' }) reason!: string;
  /** The job on whose behalf: the pin goes when it is deleted. */
  @Column({ name: 'for_job_id', type: 'text' }) forJobId!: string;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;

  @ManyToOne(() => CheckpointRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'checkpoint_id', foreignKeyConstraintName: 'checkpoint_pins_checkpoint' })
  checkpoint?: Relation<CheckpointRow>;

  @ManyToOne(() => JobRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'for_job_id', foreignKeyConstraintName: 'checkpoint_pins_job' })
  forJob?: Relation<JobRow>;
}
