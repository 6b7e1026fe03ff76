import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  AuditTrail,
  IdSource,
  isId,
  tenantOfCaller,
  TidemarkError,
  type AuditEntry,
  type AuditOutcome,
} from '@tidemark/domain';
import { parseTraceParent } from '@tidemark/observability';
import type { FastifyReply } from 'fastify';
import { catchError, from, mergeMap, throwError, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../tenancy/caller.js';
import { codeShown, statusOf } from '../transport/error-status.js';
import { OPERATION_ID } from '../transport/operation.js';
import { traceOf } from '../transport/trace.js';

/** Longer paths than that lead nowhere. */
const PATH_MAX = 500;

type Result = Pick<AuditOutcome, 'resultId' | 'tenantId' | 'jobId'>;

/**
 * No trail, no action: writes a request to the audit trail before anything of it is done, and what became of it before
 * it is answered. It is told of every request that may change something, and of every one of an admin that names a tenant.
 */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  private readonly logger = new Logger(AuditInterceptor.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly trail: AuditTrail,
    private readonly ids: IdSource,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const operation = this.reflector.get<string>(OPERATION_ID, context.getHandler());
    const entry = this.entryFor(operation, request);
    if (entry === undefined) return next.handle();
    await this.begin(entry);
    return next.handle().pipe(
      catchError((error: unknown) =>
        from(this.end(entry, failureOf(error, request))).pipe(mergeMap(() => throwError(() => error))),
      ),
      mergeMap(async (answer: unknown) => {
        await this.end(entry, { status: reply.statusCode, errorCode: undefined, ...resultOf(answer, entry) });
        return answer;
      }),
    );
  }

  /** Undefined for what is not written down: what only reads, and crosses no border between tenants. */
  private entryFor(operation: string, request: AuthenticatedRequest): AuditEntry | undefined {
    const { caller, method, url, headers } = request;
    if (caller === undefined) return undefined;
    const named = Object.values(request.params as { readonly [name: string]: string });
    // Behind the guard, a tenant in the path is one that an admin looks after.
    const tenantId = tenantOfCaller(caller) ?? named.find((id) => isId('tenant', id));
    const acrossTenants = caller.role === 'admin' && tenantId !== undefined;
    if (method === 'GET' && !acrossTenants) return undefined;
    const trace = traceOf(headers['traceparent']);
    return {
      id: this.ids.next('auditEvent'),
      tenantId,
      actor: { keyId: caller.keyId, label: caller.label, role: caller.role },
      operation,
      method,
      path: (url.split('?', 1)[0] ?? '').slice(0, PATH_MAX),
      jobId: named.find((id) => isId('job', id)),
      traceId: trace === undefined ? undefined : parseTraceParent(trace)?.traceId,
    };
  }

  private async begin(entry: AuditEntry): Promise<void> {
    try {
      await this.trail.begin(entry);
    } catch (cause) {
      this.logger.error(cause instanceof Error ? cause : String(cause));
      throw new TidemarkError('trail_unavailable', { operation: entry.operation }, { cause });
    }
  }

  /** What was done is done: the caller is not told of a failure, and the trail shows that the outcome is not known. */
  private async end({ id, operation }: AuditEntry, outcome: AuditOutcome): Promise<void> {
    await this.trail.end(id, outcome).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`The outcome of ${operation} (${id}) could not be written to the audit trail: ${reason}`);
    });
  }
}

function failureOf(error: unknown, { headers }: AuthenticatedRequest): AuditOutcome {
  const errorCode = codeShown(error);
  const status = statusOf(errorCode, { hasPrecondition: headers['if-match'] !== undefined });
  return { status, errorCode, ...NO_RESULT };
}

const NO_RESULT: Result = { resultId: undefined, tenantId: undefined, jobId: undefined };

/** What the answer tells beyond the path: ids alone, never a key that was made. */
function resultOf(answer: unknown, { path }: AuditEntry): Result {
  if (typeof answer !== 'object' || answer === null) return NO_RESULT;
  const { id, digest } = answer as { readonly id?: unknown; readonly digest?: unknown };
  const resultId = id ?? digest;
  if (typeof resultId !== 'string' || path.includes(resultId)) return NO_RESULT;
  return {
    resultId,
    tenantId: isId('tenant', resultId) ? resultId : undefined,
    jobId: isId('job', resultId) ? resultId : undefined,
  };
}
