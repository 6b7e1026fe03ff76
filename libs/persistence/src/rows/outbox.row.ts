import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/**
 * What is announced in the transaction that causes it: a run to start, objects of a deleted job to remove, and objects that
 * dropped rows had needed.
 */
export const TOPICS = {
  runStart: 'run.start',
  jobDeleted: 'job.deleted',
  objectsUnneeded: 'objects.unneeded',
} as const;

/** Something announced that nobody has confirmed yet. */
@Entity({ name: 'outbox' })
export class OutboxRow {
  @PrimaryGeneratedColumn('identity', {
    name: 'id',
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'outbox_pk',
  })
  id!: number;
  @Column({ name: 'topic', type: 'text' }) topic!: string;
  @Column({ name: 'payload', type: 'jsonb' }) payload!: unknown;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
