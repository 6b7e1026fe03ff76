import { TidemarkError } from '@tidemark/domain';
import type { JobDefinition } from '@tidemark/streams';
import type { GraphInput, GraphOutput, GraphRuntime, StateRow } from '../ports.js';
import { checkDefinition } from './check-definition.js';
import { joinChunks, type InputLines } from './input-lines.js';
import { compileGraph, type Program } from './program.js';
import { printable } from './printable.js';
import { PLACES_AS_THEY_ARE, positionOf, reportFailure, reportProblem } from './report-failure.js';

/**
 * The job's graph in this process, without a sandbox: the same program, for tests and for code that is trusted.
 * Throws what the check of the definition finds: `bundle_defines_no_job`, `graph_…`.
 */
export function createInProcessGraph(definition: JobDefinition): GraphRuntime {
  const checked = checkDefinition(definition);
  if (checked.outcome === 'invalid') throw reportProblem(checked.problems[0], PLACES_AS_THEY_ARE);
  return new InProcessGraph(compileGraph(checked.definition));
}

class InProcessGraph implements GraphRuntime {
  private readonly encoder = new TextEncoder();
  private readonly decoder = new TextDecoder();

  constructor(private readonly program: Program) {}

  async restore(uid: string, rows: readonly StateRow[]): Promise<void> {
    try {
      this.program.restore(uid, rows);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TidemarkError('checkpoint_unreadable', { path: `state of "${uid}"`, reason });
    }
    return Promise.resolve();
  }

  async run({ batchId, batchTimeMs, sources }: GraphInput): Promise<GraphOutput> {
    const lines = new Map<string, InputLines>(sources.map(({ uid, chunks }) => [uid, joinChunks(chunks)]));
    const texts = [...lines].map(([uid, { bytes }]) => ({ uid, text: this.decoder.decode(bytes) }));
    const result = this.program.run({ batchId, batchTimeMs, sources: texts });
    if (result.outcome === 'failed') throw reportFailure(result.failure, { lines, places: PLACES_AS_THEY_ARE });
    return Promise.resolve({
      sinks: new Map(result.sinks.map(({ uid, rows, text }) => [uid, { rows, bytes: this.encoder.encode(text) }])),
      recordsIn: result.recordsIn,
      recordsSkipped: result.recordsSkipped,
      stateKeys: new Map(result.stateKeys.map(({ uid, keys }) => [uid, keys])),
      skipped: result.skipped.map(({ source, line, reason }) => ({
        source,
        ...positionOf({ source, line }, lines),
        reason: printable(reason),
      })),
    });
  }

  async snapshot(): Promise<ReadonlyMap<string, readonly StateRow[]>> {
    const operators = new Map<string, readonly StateRow[]>();
    for (const { uid, rows } of this.program.snapshot()) operators.set(uid, [...rows]);
    return Promise.resolve(operators);
  }
}
