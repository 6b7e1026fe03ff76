import { KEY_ROLES, type AuditEvent, type KeyRole } from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

export class AuditEventAnswer {
  @Shown('Id of the entry.', 'string')
  readonly id!: string;

  @Shown('When the request came.', 'time')
  readonly at!: string;

  @Shown('Id of the tenant that it is about; null where there is none.', 'string', { nullable: true })
  readonly tenantId!: string | null;

  @Shown('Id of the key that it came with.', 'string')
  readonly actor!: string;

  @Shown('What that key is for.', 'string')
  readonly actorLabel!: string;

  @Shown("Whether that is an admin's key, or one of the tenant.", KEY_ROLES)
  readonly actorRole!: KeyRole;

  @Shown('Name of the operation, as in this document.', 'string')
  readonly operation!: string;

  @Shown('HTTP method of the request.', 'string')
  readonly method!: string;

  @Shown('Path of the request, without its query.', 'string')
  readonly path!: string;

  @Shown('Id of the job that it is about; null where there is none.', 'string', { nullable: true })
  readonly jobId!: string | null;

  @Shown('Id of what was made or found, where the path does not name it.', 'string', { nullable: true })
  readonly resultId!: string | null;

  @Shown('Of the W3C trace that the request belongs to; null without one.', 'string', { nullable: true })
  readonly traceId!: string | null;

  @Shown('HTTP status of the answer; null while there is none, or where nobody knows any more.', 'integer', {
    nullable: true,
  })
  readonly status!: number | null;

  @Shown('Name of the error; null where there was none, or where that is not known.', 'string', { nullable: true })
  readonly errorCode!: string | null;

  @Shown('When it was answered; null as `status` is.', 'time', { nullable: true })
  readonly endedAt!: string | null;
}
shownType('AuditEvent', AuditEventAnswer);
export const AuditEventPage = pageClass(AuditEventAnswer, 'AuditEventPage');

export const showAuditEvent = (event: AuditEvent): AuditEventAnswer => {
  const { id, at, tenantId, actor, operation, method, path, jobId, traceId, outcome } = event;
  return {
    id,
    at: at.toISOString(),
    tenantId: tenantId ?? null,
    actor: actor.keyId,
    actorLabel: actor.label,
    actorRole: actor.role,
    operation,
    method,
    path,
    jobId: jobId ?? null,
    resultId: outcome?.resultId ?? null,
    traceId: traceId ?? null,
    status: outcome?.status ?? null,
    errorCode: outcome?.errorCode ?? null,
    endedAt: outcome?.at.toISOString() ?? null,
  };
};
