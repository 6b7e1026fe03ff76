import { createHash } from 'node:crypto';
import {
  applyDecorators,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { IdempotencyStore, TidemarkError, type TenantId } from '@tidemark/domain';
import type { FastifyReply } from 'fastify';
import { catchError, from, mergeMap, of, throwError, type Observable } from 'rxjs';
import { tenantOf, type AuthenticatedRequest } from '../tenancy/caller.js';

const KEY = /^[\x21-\x7e]{1,200}$/;

interface ScopedKey {
  readonly tenantId: TenantId;
  readonly key: string;
}

/** One `Idempotency-Key`, one result: a repeated request gets the first one's answer and changes nothing. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly store: IdempotencyStore) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const header = request.headers['idempotency-key'];
    if (header === undefined) return next.handle();
    const scoped: ScopedKey = { tenantId: tenantOf(request), key: keyIn(header) };
    const begun = await this.store.begin({ ...scoped, requestSha256: fingerprint(request) });
    switch (begun.outcome) {
      case 'first':
        return this.recorded(scoped, next, reply);
      case 'repeat':
        void reply.status(begun.status).header('idempotency-replayed', 'true');
        return of(begun.body);
      case 'in_progress':
        throw new TidemarkError('idempotency_key_in_use', { key: scoped.key });
      case 'other_request':
        throw new TidemarkError('idempotency_key_reused', { key: scoped.key });
    }
  }

  private recorded(scoped: ScopedKey, next: CallHandler, reply: FastifyReply): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => from(this.store.abandon(scoped)).pipe(mergeMap(() => throwError(() => error)))),
      mergeMap(async (body: unknown) => {
        await this.store.complete(scoped, { status: reply.statusCode, body });
        return body;
      }),
    );
  }
}

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

function keyIn(header: string | readonly string[]): string {
  if (typeof header === 'string' && KEY.test(header)) return header;
  const problem = 'must be 1 to 200 printable ASCII characters without spaces';
  throw new TidemarkError('validation_failed', { problems: [{ field: 'Idempotency-Key', problem }] });
}

function fingerprint(request: AuthenticatedRequest): string {
  return createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
    .digest('hex');
}
