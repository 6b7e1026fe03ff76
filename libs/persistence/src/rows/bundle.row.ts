import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { TenantRow } from './tenant.row.js';

/** A bundle that passed its checks; its files lie in the object store. */
@Entity({ name: 'bundles' })
export class BundleRow {
  @PrimaryColumn({ name: 'tenant_id', type: 'text', primaryKeyConstraintName: 'bundles_pk' }) tenantId!: string;
  @PrimaryColumn({ name: 'digest', type: 'text', primaryKeyConstraintName: 'bundles_pk' }) digest!: string;
  @Column({ name: 'bytes', type: 'integer' }) bytes!: number;
  @Column({ name: 'manifest', type: 'jsonb' }) manifest!: unknown;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;

  @ManyToOne(() => TenantRow)
  @JoinColumn({ name: 'tenant_id', foreignKeyConstraintName: 'bundles_tenant' })
  tenant?: Relation<TenantRow>;
}
