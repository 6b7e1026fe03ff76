import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ATTRIBUTES, type AttributeName, type SpanName } from './names.js';

const TRACER = 'tidemark';

export interface Tracing {
  /** Sends what is waiting. Bounded by the exporter's own timeout. */
  close(): Promise<void>;
}

/**
 * Makes spans real for this process and keeps trace context across processes. They are exported over OTLP when the
 * standard variables name an endpoint, and to nowhere otherwise.
 */
export function startTracing(
  serviceName: string,
  env: { readonly [name: string]: string | undefined },
  processors: readonly SpanProcessor[] = [],
): Tracing {
  const exporting =
    env['OTEL_SDK_DISABLED'] !== 'true' &&
    (env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? '') !== '';
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': env['OTEL_SERVICE_NAME'] ?? serviceName }),
    // The exporter reads endpoint, headers and time-outs from the standard variables itself.
    spanProcessors: [...(exporting ? [new BatchSpanProcessor(new OTLPTraceExporter())] : []), ...processors],
  });
  provider.register({ propagator: new W3CTraceContextPropagator() });
  return { close: () => provider.shutdown().catch(() => undefined) };
}

/** W3C `traceparent` of the span that is active here, to be stored with work that another process will do. */
export function currentTraceParent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

export interface SpanOptions {
  /** `traceparent` of the work that led to this; without it the active span is the parent. */
  readonly parent?: string | undefined;
  readonly attributes?: { readonly [name in AttributeName]?: string | number };
}

/** What a span's work may say about it while it goes on. */
export interface RunningSpan {
  set(attributes: { readonly [name in AttributeName]?: string | number }): void;
}

/** Does `work` inside a span, which records a failure and ends with it. */
export async function inSpan<T>(
  name: SpanName,
  options: SpanOptions,
  work: (span: RunningSpan) => Promise<T>,
): Promise<T> {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  return trace.getTracer(TRACER).startActiveSpan(name, {}, parent, async (span) => {
    const set: RunningSpan['set'] = (attributes) => {
      for (const [key, value] of Object.entries(attributes)) {
        if (value !== undefined) span.setAttribute(ATTRIBUTES[key as AttributeName], value);
      }
    };
    set(options.attributes ?? {});
    try {
      return await work({ set });
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

const contextOf = (traceparent: string): Context => propagation.extract(ROOT_CONTEXT, { traceparent });
