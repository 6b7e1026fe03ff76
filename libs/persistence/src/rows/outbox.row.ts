import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A message that the queue has not confirmed yet. */
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
