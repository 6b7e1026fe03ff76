import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** W3C trace context in its only version so far: `00-<trace id>-<span id>-<flags>`. */
const TRACEPARENT = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/** What a `traceparent` names; undefined for a text that is none, or that names nothing. */
export function parseTraceParent(text: string): SpanContext | undefined {
  const { traceId, spanId, flags } = TRACEPARENT.exec(text)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const named = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(named) ? named : undefined;
}

/** The `traceparent` of a span, to be stored with work that another process will do; undefined for a span of no trace. */
export function traceParentOf(span: SpanContext): string | undefined {
  if (!isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}
