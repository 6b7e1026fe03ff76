import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The scheduler that leads, one row for the role. */
@Entity({ name: 'scheduler_leader' })
export class SchedulerLeaderRow {
  @PrimaryColumn({ name: 'role', type: 'text', primaryKeyConstraintName: 'scheduler_leader_pk' }) role!: string;
  @Column({ name: 'holder', type: 'text' }) holder!: string;
  @Column({ name: 'renewed_at', type: 'timestamptz' }) renewedAt!: Date;
}
