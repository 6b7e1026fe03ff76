export { JsonLogger, type LogLevel } from './json-logger.js';
export { ATTRIBUTES, SPANS, type AttributeName, type SpanName } from './names.js';
export { parseTraceParent } from './trace-parent.js';
export { inSpan, startTracing, type RunningSpan, type SpanOptions, type Tracing } from './tracing.js';
