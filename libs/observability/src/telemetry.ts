import { metricExportTiming } from '@tidemark/config';
import { isExported, type Environment } from './otlp-environment.js';
import { startTracing } from './tracing.js';

export interface Telemetry {
  /** Sends what is waiting, for two seconds at most. */
  close(): Promise<void>;
}

/**
 * Makes the spans and the metrics of this process real, and sends them over OTLP, when the standard variables name an
 * endpoint. Throws `not_built` for another protocol than `http/protobuf`, and `ConfigError`.
 */
export async function startTelemetry(serviceName: string, env: Environment): Promise<Telemetry> {
  const started = await Promise.all([startTracing(serviceName, env), startMetrics(serviceName, env)]);
  return {
    close: async () => {
      await Promise.all(started.map((signal) => signal.close()));
    },
  };
}

async function startMetrics(serviceName: string, env: Environment): Promise<Telemetry> {
  if (!isExported('METRICS', env)) return { close: () => Promise.resolve() };
  const timing = metricExportTiming(env);
  // Loaded only where it is used, as is what sends spans.
  const { exportMetrics } = await import('./export-metrics.js');
  return exportMetrics(env['OTEL_SERVICE_NAME'] ?? serviceName, timing);
}
