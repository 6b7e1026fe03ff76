import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { processResource } from './process-resource.js';
import { tellFailures } from './tell-failures.js';
import { CLOSE_MS_MAX, within } from './within.js';

/** From here on the spans of this process are recorded and sent; `close` sends what is waiting. */
export function exportSpans(serviceName: string): { readonly close: () => Promise<void> } {
  const provider = new NodeTracerProvider({
    resource: processResource(serviceName),
    // Endpoint, headers, batching and time-outs are read from the standard variables by these themselves.
    spanProcessors: [new BatchSpanProcessor(tellFailures('Spans', new OTLPTraceExporter()))],
  });
  provider.register();
  return { close: () => within(CLOSE_MS_MAX, provider.shutdown()) };
}
