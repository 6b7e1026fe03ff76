import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The installation that this database belongs to, one row. */
@Entity({ name: 'installation' })
@Check('installation_queue_kind_check', `queue_kind IN ('postgres', 'redis')`)
export class InstallationRow {
  @PrimaryColumn({ name: 'name', type: 'text', primaryKeyConstraintName: 'installation_pk' }) name!: string;
  @Column({ name: 'id', type: 'text' }) id!: string;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  /** When its id was written into its object store. */
  @Column({ name: 'store_marked_at', type: 'timestamptz', nullable: true }) storeMarkedAt!: Date | null;
  @Column({ name: 'queue_kind', type: 'text', nullable: true }) queueKind!: string | null;
  /** Written into the Redis that the queue is in: a new one whenever the queue is put elsewhere. */
  @Column({ name: 'queue_id', type: 'text', nullable: true }) queueId!: string | null;
  /** When a process last said that this is its queue. */
  @Column({ name: 'queue_used_at', type: 'timestamptz', nullable: true }) queueUsedAt!: Date | null;
  /** When a process last found the queue's id in its Redis. */
  @Column({ name: 'queue_seen_at', type: 'timestamptz', nullable: true }) queueSeenAt!: Date | null;
}
