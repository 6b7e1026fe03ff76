/**
 * Runs in an isolate of its own, apart from the job's code: a bundle is hostile text, and parsing it may take any time and
 * memory. Whoever runs it bounds both.
 */
import { traceLogic, type DefinedNode } from './trace.js';

/** @param nodes JSON of {@link DefinedNode}s. @returns JSON: the logic of each by uid, as text. */
export type TraceLogic = (code: string, nodes: string) => string;

const trace: TraceLogic = (code, nodes) =>
  JSON.stringify(traceLogic(code, JSON.parse(nodes) as readonly DefinedNode[]));

(globalThis as { tidemarkLogic?: TraceLogic }).tidemarkLogic = trace;
