export { JsonLogger, type LogLevel } from './json-logger.js';
export { METRIC_ATTRIBUTES, METRICS, type AttributesOf, type MetricOf, type MetricSpec } from './metric-catalogue.js';
export { count, measure, observe } from './metrics.js';
export { ATTRIBUTES, SPANS, type AttributeName, type SpanName } from './names.js';
export { startTelemetry, type Telemetry } from './telemetry.js';
export { parseTraceParent } from './trace-parent.js';
export { inSpan, type RunningSpan, type SpanOptions } from './tracing.js';
