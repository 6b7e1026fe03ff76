import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { TenantRow } from './tenant.row.js';

/** A tenant whose checkpoints are over its limit, and how many times less often they are written because of it. */
@Entity({ name: 'quota_pressure' })
export class QuotaPressureRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'quota_pressure_pk' }) tenantId!: string;
  @Column({ name: 'bytes', type: 'bigint' }) bytes!: number;
  @Column({ name: 'quota_bytes', type: 'bigint' }) quotaBytes!: number;
  @Column({ name: 'stretch', type: 'integer' }) stretch!: number;
  @Column({ name: 'since', type: 'timestamptz', default: () => 'now()' }) since!: Date;

  @OneToOne(() => TenantRow)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'quota_pressure_tenant' })
  tenant?: Relation<TenantRow>;
}
