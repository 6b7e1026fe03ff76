export { JsonLogger, type LogLevel } from './json-logger.js';
export { ATTRIBUTES, SPANS, type AttributeName, type SpanName } from './names.js';
export {
  currentTraceParent,
  inSpan,
  startTracing,
  type RunningSpan,
  type SpanOptions,
  type Tracing,
} from './tracing.js';
