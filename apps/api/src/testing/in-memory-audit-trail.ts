import {
  AuditTrail,
  type AuditEntry,
  type AuditEvent,
  type AuditEventId,
  type AuditFilter,
  type AuditOutcome,
  type Page,
} from '@tidemark/domain';

/** The trail of one API, oldest first. */
export class InMemoryAuditTrail extends AuditTrail {
  readonly events: AuditEvent[] = [];
  /** What happens before an entry, or an outcome, is written; a test that wants a fault throws here. */
  beforeBegin: () => Promise<void> = () => Promise.resolve();
  beforeEnd: () => Promise<void> = () => Promise.resolve();

  override async begin(entry: AuditEntry): Promise<void> {
    await this.beforeBegin();
    this.events.push({ ...entry, at: new Date(0), outcome: undefined });
  }

  override async end(id: AuditEventId, { tenantId, jobId, ...outcome }: AuditOutcome): Promise<void> {
    await this.beforeEnd();
    const at = this.events.findIndex((event) => event.id === id);
    const event = this.events[at];
    if (event === undefined) throw new Error(`There is no entry ${id}.`);
    this.events[at] = {
      ...event,
      tenantId: event.tenantId ?? tenantId,
      jobId: event.jobId ?? jobId,
      outcome: { ...outcome, at: new Date(1) },
    };
  }

  override async list(
    { tenantId, jobId, actor, operation }: AuditFilter,
    { after, limit }: Page<AuditEventId>,
  ): Promise<readonly AuditEvent[]> {
    return this.events
      .filter((event) => tenantId === undefined || event.tenantId === tenantId)
      .filter((event) => jobId === undefined || event.jobId === jobId || event.outcome?.resultId === jobId)
      .filter(({ actor: { keyId, label } }) => actor === undefined || actor === keyId || actor === label)
      .filter((event) => operation === undefined || event.operation === operation)
      .filter(({ id }) => after === undefined || id < after)
      .reverse()
      .slice(0, limit);
  }
}
