import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A runner process, alive or remembered. */
@Entity({ name: 'runners' })
@Index('runners_by_status', ['status'])
export class RunnerRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'runners_pk' }) id!: string;
  @Column({ name: 'host', type: 'text' }) host!: string;
  @Column({ name: 'pid', type: 'integer' }) pid!: number;
  @Column({ name: 'slots', type: 'integer' }) slots!: number;
  @Column({ name: 'status', type: 'text' }) status!: string;
  @Column({ name: 'sandbox', type: 'jsonb' }) sandbox!: unknown;
  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' }) startedAt!: Date;
  @Column({ name: 'heartbeat_at', type: 'timestamptz', default: () => 'now()' }) heartbeatAt!: Date;
}
