import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A request that was asked of the service. Tied to no other table: it outlives the jobs and keys that it names. */
@Entity({ name: 'audit_events' })
@Index('audit_events_by_tenant', ['tenantId', 'id'])
@Index('audit_events_by_job', ['jobId', 'id'])
@Index('audit_events_by_result', ['resultId'])
@Index('audit_events_by_actor', ['actorKeyId', 'id'])
@Index('audit_events_by_age', ['at'])
export class AuditEventRow {
  @PrimaryColumn({ name: 'id', type: 'text', primaryKeyConstraintName: 'audit_events_pk' }) id!: string;
  @Column({ name: 'at', type: 'timestamptz', default: () => 'now()' }) at!: Date;
  @Column({ name: 'tenant_id', type: 'text', nullable: true }) tenantId!: string | null;
  @Column({ name: 'actor_key_id', type: 'text' }) actorKeyId!: string;
  @Column({ name: 'actor_label', type: 'text' }) actorLabel!: string;
  @Column({ name: 'actor_role', type: 'text' }) actorRole!: string;
  @Column({ name: 'operation', type: 'text' }) operation!: string;
  @Column({ name: 'method', type: 'text' }) method!: string;
  @Column({ name: 'path', type: 'text' }) path!: string;
  @Column({ name: 'job_id', type: 'text', nullable: true }) jobId!: string | null;
  @Column({ name: 'trace_id', type: 'text', nullable: true }) traceId!: string | null;
  @Column({ name: 'result_id', type: 'text', nullable: true }) resultId!: string | null;
  @Column({ name: 'status', type: 'integer', nullable: true }) status!: number | null;
  @Column({ name: 'error_code', type: 'text', nullable: true }) errorCode!: string | null;
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true }) endedAt!: Date | null;
}
