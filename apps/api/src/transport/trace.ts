import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TraceParent } from '@tidemark/domain';
import { parseTraceParent } from '@tidemark/observability';
import type { FastifyRequest } from 'fastify';

/** The `traceparent` that a request carries, as a parameter of a handler; undefined where there is none to go on with. */
export const Trace = createParamDecorator((_: unknown, context: ExecutionContext) =>
  traceOf(context.switchToHttp().getRequest<FastifyRequest>().headers['traceparent']),
);

/** A header's value if it is a W3C trace context of the version that is known here. */
export function traceOf(header: string | string[] | undefined): TraceParent {
  return typeof header === 'string' && parseTraceParent(header) !== undefined ? header : undefined;
}
