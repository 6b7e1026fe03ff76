import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { TenantRow } from './tenant.row.js';

/** The most that a tenant's jobs keep of their past. Null does not limit. `bytes` are those of all its jobs together. */
@Entity({ name: 'tenant_retention' })
export class TenantRetentionRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'tenant_retention_pk' })
  tenantId!: string;
  @Column({ name: 'checkpoints', type: 'integer', nullable: true }) checkpoints!: number | null;
  @Column({ name: 'age_ms', type: 'bigint', nullable: true }) ageMs!: number | null;
  @Column({ name: 'bytes', type: 'bigint', nullable: true }) bytes!: number | null;

  @OneToOne(() => TenantRow)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'tenant_retention_tenant' })
  tenant?: Relation<TenantRow>;
}
