import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { DeadLetterRow } from './dead-letter.row.js';

/** A batch has read the record of a letter again, and has taken it. Written by the statement that committed the batch. */
@Entity({ name: 'dead_letter_redrives' })
export class DeadLetterRedriveRow {
  @PrimaryColumn({ name: 'letter_id', type: 'text', primaryKeyConstraintName: 'dead_letter_redrives_pk' })
  letterId!: string;
  @PrimaryColumn({ name: 'timeline', type: 'integer', primaryKeyConstraintName: 'dead_letter_redrives_pk' })
  timeline!: number;
  @PrimaryColumn({ name: 'batch_id', type: 'bigint', primaryKeyConstraintName: 'dead_letter_redrives_pk' })
  batchId!: number;
  @Column({ name: 'at', type: 'timestamptz' }) at!: Date;

  @ManyToOne(() => DeadLetterRow, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'letter_id', foreignKeyConstraintName: 'dead_letter_redrives_letter' })
  letter?: Relation<DeadLetterRow>;
}
