import { TidemarkError } from '@tidemark/domain';
import type { JobDefinition } from '@tidemark/streams';
import type { GraphInput, GraphOutput, GraphRuntime, SnapshotBlocks } from '../ports.js';
import { readLatin1 } from '../state/utf8.js';
import { checkDefinition } from './check-definition.js';
import { joinChunks, type InputLines } from './input-lines.js';
import { compileGraph, type Program, type ProgramOutput } from './program.js';
import type { BatchFailure } from './failure.js';
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
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(private readonly program: Program) {}

  async restore(uid: string, block: Uint8Array): Promise<void> {
    try {
      this.program.restore(uid, block);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TidemarkError('checkpoint_unreadable', { path: `state of "${uid}"`, reason });
    }
    return Promise.resolve();
  }

  async run({ batchId, batchTimeMs, sources }: GraphInput): Promise<GraphOutput> {
    const lines = new Map<string, InputLines>(sources.map(({ uid, chunks }) => [uid, joinChunks(chunks)]));
    const failed = (failure: BatchFailure): TidemarkError =>
      reportFailure(failure, { lines, places: PLACES_AS_THEY_ARE });
    this.program.begin({ batchId, batchTimeMs });
    for (const { uid, text: needed } of this.program.sources) {
      const bytes = lines.get(uid)?.bytes ?? new Uint8Array(0);
      const text = needed === 'none' ? '' : needed === 'utf8' ? this.decoder.decode(bytes) : readLatin1(bytes);
      const failure = this.program.feed(uid, { bytes, from: 0, to: bytes.length, text });
      if (failure !== undefined) throw failed(failure);
    }
    const result = this.program.end();
    if (result.outcome === 'failed') throw failed(result.failure);
    return Promise.resolve({
      sinks: new Map(result.sinks.map(({ uid, rows, bytes }) => [uid, { rows, bytes: bytes.slice() }])),
      recordsIn: result.recordsIn,
      recordsSkipped: result.recordsSkipped,
      stateKeys: new Map(result.stateKeys.map(({ uid, keys }) => [uid, keys])),
      counts: countsByUid(result.counts),
      skipped: result.skipped.map(({ source, line, reason }) => ({
        source,
        ...positionOf({ source, line }, lines),
        reason: printable(reason),
      })),
    });
  }

  async snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    this.program.freeze(kind);
    return Promise.resolve({ next: () => Promise.resolve(this.program.nextBlock()) });
  }
}

/** What operators counted, by uid and name. */
export function countsByUid(counts: ProgramOutput['counts']): GraphOutput['counts'] {
  const byUid = new Map<string, Record<string, number>>();
  for (const { uid, name, count } of counts) byUid.set(uid, { ...byUid.get(uid), [name]: count });
  return byUid;
}
