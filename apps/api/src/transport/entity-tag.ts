import {
  createParamDecorator,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { TidemarkError } from '@tidemark/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';

/** Gives every answer that carries a version its ETag, also one that was stored under an idempotency key. */
@Injectable()
export class EntityTagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((answer) => {
        if (hasVersion(answer) && !reply.sent) reply.header('etag', `"${answer.version}"`);
      }),
    );
  }
}

/** The version that `If-Match` names, as a parameter of a handler; undefined where any will do. */
export const SeenVersion = createParamDecorator((_: unknown, context: ExecutionContext) =>
  expectedVersion(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);

/** The version in an `If-Match` header. Throws `validation_failed`. */
export function expectedVersion(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const version = /^"(\d{1,15})"$/.exec(ifMatch)?.[1];
  if (version !== undefined) return Number(version);
  throw new TidemarkError('validation_failed', {
    problems: [{ field: 'If-Match', problem: 'must be an ETag of this job' }],
  });
}

function hasVersion(answer: unknown): answer is { readonly version: number } {
  return typeof answer === 'object' && answer !== null && 'version' in answer && typeof answer.version === 'number';
}
