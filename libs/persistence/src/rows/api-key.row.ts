import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, Unique, type Relation } from 'typeorm';
import { TenantRow } from './tenant.row.js';

/** An API key, as the SHA-256 of its text. */
@Entity({ name: 'api_keys' })
@Unique('api_keys_sha256', ['sha256'])
export class ApiKeyRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'api_keys_pk' }) id!: string;
  @Column({ name: 'tenant_id', type: 'text', nullable: true }) tenantId!: string | null;
  @Column({ name: 'role', type: 'text' }) role!: string;
  @Column({ name: 'sha256', type: 'text' }) sha256!: string;
  @Column({ name: 'label', type: 'text' }) label!: string;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true }) revokedAt!: Date | null;

  @ManyToOne(() => TenantRow)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'api_keys_tenant' })
  tenant?: Relation<TenantRow>;
}
