import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Objects that belong to no row, and since when each of them is known to. No tie to the job: it may be gone. */
@Entity({ name: 'orphans' })
@Index('orphans_by_job', ['jobId', 'part'])
export class OrphanRow {
  @PrimaryColumn({ name: 'path', type: 'text', primaryKeyConstraintName: 'orphans_pk' }) path!: string;
  @Column({ name: 'tenant_id', type: 'text' }) tenantId!: string;
  @Column({ name: 'job_id', type: 'text' }) jobId!: string;
  @Column({ name: 'part', type: 'text' }) part!: string;
  @Column({ name: 'objects', type: 'text', array: true }) objects!: string[];
  /** The newest of them was there by then. */
  @Column({ name: 'found_at', type: 'timestamptz', default: () => 'now()' }) foundAt!: Date;
}
