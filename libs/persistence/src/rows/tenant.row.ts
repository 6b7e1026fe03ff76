import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

/** A tenant: owner of everything else. */
@Entity({ name: 'tenants' })
@Unique('tenants_name', ['name'])
export class TenantRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'tenants_pk' }) id!: string;
  @Column({ name: 'name', type: 'text' }) name!: string;
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
