import { z } from 'zod';
import { loadConfig, wholeNumber, type Environment } from './load.js';

const metricExportEnvironment = z
  .object({
    OTEL_METRIC_EXPORT_INTERVAL: wholeNumber({ min: 10, max: 3_600_000 }).prefault('60000'),
    OTEL_METRIC_EXPORT_TIMEOUT: wholeNumber({ min: 10, max: 3_600_000 }).prefault('30000'),
  })
  .transform((env) => ({
    intervalMs: env.OTEL_METRIC_EXPORT_INTERVAL,
    timeoutMs: env.OTEL_METRIC_EXPORT_TIMEOUT,
  }));

/** How often metrics are sent, by the standard variables that no library reads. Throws `ConfigError`. */
export const metricExportTiming = (env: Environment): z.output<typeof metricExportEnvironment> =>
  loadConfig(metricExportEnvironment, env);
