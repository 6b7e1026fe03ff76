import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TraceParent } from '@tidemark/domain';
import { currentTraceParent, inSpan, SPANS } from '@tidemark/observability';
import type { FastifyRequest } from 'fastify';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The `traceparent` that a request carries, as a parameter of a handler; undefined where there is none to go on with. */
export const Trace = createParamDecorator((_: unknown, context: ExecutionContext) =>
  traceOf(context.switchToHttp().getRequest<FastifyRequest>().headers['traceparent']),
);

/** A header's value if it is a W3C trace context of the version that is known here. */
export function traceOf(header: string | string[] | undefined): TraceParent {
  return typeof header === 'string' && TRACEPARENT.test(header) ? header : undefined;
}

/** Does the work of a submission in a span below the request's trace, and hands on the trace context of that span. */
export const inSubmitSpan = <T>(parent: TraceParent, work: (carried: TraceParent) => Promise<T>): Promise<T> =>
  inSpan(SPANS.submit, { parent }, () => work(currentTraceParent() ?? parent));
