import { createHash } from 'node:crypto';
import {
  applyDecorators,
  createParamDecorator,
  Injectable,
  Logger,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { IdempotencyStore, TidemarkError, type RequestId, type TenantId } from '@tidemark/domain';
import type { FastifyReply } from 'fastify';
import { catchError, finalize, from, mergeMap, of, throwError, type Observable } from 'rxjs';
import { tenantOf, type AuthenticatedRequest } from '../tenancy/caller.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

interface ScopedKey {
  readonly tenantId: TenantId;
  readonly key: string;
}

/**
 * One `Idempotency-Key`, one result: a repeated request gets the first one's answer and changes nothing. A request that
 * died before its answer was stored is done again, and finds what it has made by its `RequestId`.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);
  /** Keys whose first request is still at work in this process. Bounded by the requests that are. */
  private readonly atWork = new Set<string>();

  constructor(private readonly store: IdempotencyStore) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const key = keyIn(request);
    if (key === undefined) return next.handle();
    const scoped: ScopedKey = { tenantId: tenantOf(request), key };
    const begun = await this.store.begin({ ...scoped, requestSha256: fingerprint(request) });
    switch (begun.outcome) {
      case 'unanswered':
        return this.alone(scoped, () => this.recorded(scoped, next, reply));
      case 'repeat':
        void reply.status(begun.status).header('idempotency-replayed', 'true');
        return of(begun.body);
      case 'other_request':
        throw new TidemarkError('idempotency_key_reused', { key });
    }
  }

  /** Refuses a repetition that comes while the first is at work: waiting would hold a connection, working a sandbox. */
  private alone(scoped: ScopedKey, work: () => Observable<unknown>): Observable<unknown> {
    const name = `${scoped.tenantId}/${scoped.key}`;
    if (this.atWork.has(name)) throw new TidemarkError('idempotency_key_in_use', { key: scoped.key });
    this.atWork.add(name);
    return work().pipe(finalize(() => this.atWork.delete(name)));
  }

  private recorded(scoped: ScopedKey, next: CallHandler, reply: FastifyReply): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => from(this.store.abandon(scoped)).pipe(mergeMap(() => throwError(() => error)))),
      mergeMap(async (body: unknown) => {
        await this.store.complete(scoped, { status: reply.statusCode, body }).catch((error: unknown) => {
          // What was made is durable and can be found again, so the caller is not told of a failure.
          this.logger.warn(`An answer could not be stored: ${error instanceof Error ? error.message : String(error)}`);
        });
        return body;
      }),
    );
  }
}

/** What names a request that carries an `Idempotency-Key`, as a parameter of a handler; undefined for one without. */
export const Repeatable = createParamDecorator((_: unknown, context: ExecutionContext): RequestId | undefined => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const key = keyIn(request);
  return key === undefined ? undefined : sha256(`${key}\n${fingerprint(request)}`);
});

/** Marks an operation that creates: it takes an `Idempotency-Key`. */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A text of your choice, new for each thing to create. A repeated request with it gets the first answer.',
      schema: { type: 'string', minLength: 1, maxLength: 200 },
    }),
  );

function keyIn({ headers }: AuthenticatedRequest): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  const problem = 'must be 1 to 200 printable ASCII characters without spaces';
  throw new TidemarkError('validation_failed', { problems: [{ field: 'Idempotency-Key', problem }] });
}

const fingerprint = (request: AuthenticatedRequest): string =>
  sha256(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
