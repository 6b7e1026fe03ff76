import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The answer that a creating request got, for its repetition. */
@Entity({ name: 'idempotency_keys' })
@Index('idempotency_keys_by_age', ['createdAt'])
export class IdempotencyKeyRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'idempotency_keys_pk' })
  tenantId!: string;
  @PrimaryColumn({ name: 'key', type: 'text', primaryKeyConstraintName: 'idempotency_keys_pk' }) key!: string;
  @Column({ name: 'request_sha256', type: 'text' }) requestSha256!: string;
  @Column({ name: 'status', type: 'integer', nullable: true }) status!: number | null;
  @Column({ name: 'body', type: 'jsonb', nullable: true }) body!: unknown;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
