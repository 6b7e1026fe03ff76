import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { processResource } from './process-resource.js';
import { tellFailures } from './tell-failures.js';
import { CLOSE_MS_MAX, within } from './within.js';

/**
 * From here on the metrics of this process are recorded and sent; `close` sends them once more. What is held is one number
 * for each time series, however long nobody takes them, and one export is under way at most.
 */
export function exportMetrics(
  serviceName: string,
  timing: { readonly intervalMs: number; readonly timeoutMs: number },
): { readonly close: () => Promise<void> } {
  const provider = new MeterProvider({
    resource: processResource(serviceName),
    readers: [
      new PeriodicExportingMetricReader({
        // Endpoint, headers, temporality and its own time-out are read from the standard variables by itself. One that waits
        // for longer than the reader does would otherwise have more and more of its kind beside it.
        exporter: tellFailures('Metrics', new OTLPMetricExporter({ concurrencyLimit: 1 })),
        exportIntervalMillis: timing.intervalMs,
        exportTimeoutMillis: Math.min(timing.timeoutMs, timing.intervalMs),
      }),
    ],
  });
  metrics.setGlobalMeterProvider(provider);
  return { close: () => within(CLOSE_MS_MAX, provider.shutdown()) };
}
