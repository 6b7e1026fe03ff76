import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where the sweep over the object store stands, one row. */
@Entity({ name: 'sweep' })
export class SweepRow {
  @PrimaryColumn({ name: 'name', type: 'text', primaryKeyConstraintName: 'sweep_pk' }) name!: string;
  @Column({ name: 'position', type: 'jsonb', nullable: true }) position!: unknown;
  @Column({ name: 'moved_at', type: 'timestamptz', default: () => 'now()' }) movedAt!: Date;
}
