import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Context } from '@opentelemetry/api';
import { ATTRIBUTES, type AttributeName, type SpanName } from './names.js';
import { isExported, type Environment } from './otlp-environment.js';
import { parseTraceParent, traceParentOf } from './trace-parent.js';

const TRACER = 'tidemark';

export interface Tracing {
  /** Sends what is waiting, for two seconds at most. */
  close(): Promise<void>;
}

/**
 * Makes the spans of this process real, and sends them over OTLP, when the standard variables name an endpoint. Without
 * one no span is made, and a request's trace context travels on as it came. Throws `not_built` for another protocol than
 * `http/protobuf`.
 */
export async function startTracing(serviceName: string, env: Environment): Promise<Tracing> {
  if (!isExported('TRACES', env)) return { close: () => Promise.resolve() };
  // Loaded only where it is used: it would take a tenth of the start of every process.
  const { exportSpans } = await import('./export-spans.js');
  return exportSpans(env['OTEL_SERVICE_NAME'] ?? serviceName);
}

export interface SpanOptions {
  /** `traceparent` of the work that led to this; without it the active span is the parent. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

type SpanAttributes = { readonly [name in AttributeName]?: string | number };

/** What a span's work may know of it, and say about it, while it goes on. */
export interface RunningSpan {
  /**
   * To be stored with work that another process will do: it goes on below this span, or where no spans are made, below
   * the parent. Undefined where there is neither.
   */
  readonly traceParent: string | undefined;
  set(attributes: SpanAttributes): void;
}

/** Does `work` inside a span, which records a failure and ends with it. */
export async function inSpan<T>(
  name: SpanName,
  { parent, attributes = {} }: SpanOptions,
  work: (span: RunningSpan) => Promise<T>,
): Promise<T> {
  const options = { attributes: named(attributes) };
  return trace.getTracer(TRACER).startActiveSpan(name, options, contextBelow(parent), async (span) => {
    const set = (more: SpanAttributes): void => void span.setAttributes(named(more));
    try {
      return await work({ set, traceParent: traceParentOf(span.spanContext()) });
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

function contextBelow(traceParent: string | undefined): Context {
  const parent = traceParent === undefined ? undefined : parseTraceParent(traceParent);
  return parent === undefined ? context.active() : trace.setSpanContext(ROOT_CONTEXT, parent);
}

const named = (attributes: SpanAttributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [ATTRIBUTES[name as AttributeName], value]));
