import { TidemarkError } from '@tidemark/domain';
import type { JobDefinition } from '@tidemark/streams';
import type { GraphInput, GraphOutput, GraphRuntime, SnapshotBlocks, StoredForm } from '../ports.js';
import { readLatin1 } from '../decode/utf8.js';
import { checkDefinition } from './check-definition.js';
import { joinChunks, type InputLines } from './input-lines.js';
import { ColdState, type ColdGraph } from '../cold/cold-state.js';
import type { ColdStore } from '../cold/cold-store.port.js';
import { InMemoryColdStore } from '../cold/in-memory-cold-store.js';
import type { ColdSide } from './cold-side.js';
import { ConversionError } from './convert-state.js';
import type { InputPiece } from '../fuse/source-loop.js';
import { compileGraph, type Program, type ProgramOutput } from './program.js';
import type { BatchFailure } from './failure.js';
import { printable } from './printable.js';
import { setAsideRecords } from './set-aside-records.js';
import { PLACES_AS_THEY_ARE, positionOf, reportFailure, reportProblem } from './report-failure.js';

/**
 * The job's graph in this process, without a sandbox: the same program, for tests and for code that is trusted.
 * Throws what the check of the definition finds: `bundle_defines_no_job`, `graph_…`.
 */
export function createInProcessGraph(
  definition: JobDefinition,
  /** Where state lies that a job need not have in memory. */
  store: ColdStore = new InMemoryColdStore(),
): GraphRuntime {
  const checked = checkDefinition(definition);
  if (checked.outcome === 'invalid') throw reportProblem(checked.problems[0], PLACES_AS_THEY_ARE);
  const program = compileGraph(checked.definition);
  return new InProcessGraph(program, program.cold && new ColdState(store, program.cold.uids));
}

function conversionFailure(uid: string, error: unknown): TidemarkError {
  const key = error instanceof ConversionError ? error.key : 'unknown';
  const reason = error instanceof Error ? error.message : String(error);
  return new TidemarkError('state_conversion_failed', {
    operator: uid,
    key: printable(key),
    reason: printable(reason),
  });
}

class InProcessGraph implements GraphRuntime {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(
    private readonly program: Program,
    private readonly cold: ColdState | undefined,
  ) {}

  async restore(uid: string, block: Uint8Array): Promise<void> {
    try {
      const own = this.cold === undefined ? block : await this.cold.restore(uid, block);
      if (own !== undefined) this.program.restore(uid, own);
    } catch (error) {
      if (error instanceof TidemarkError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new TidemarkError('checkpoint_unreadable', { path: `state of "${uid}"`, reason });
    }
  }

  convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array> {
    try {
      return Promise.resolve(this.program.convert(uid, form, block));
    } catch (error) {
      return Promise.reject(conversionFailure(uid, error));
    }
  }

  async run(input: GraphInput): Promise<GraphOutput> {
    const lines = new Map<string, InputLines>(input.sources.map(({ uid, chunks }) => [uid, joinChunks(chunks)]));
    const { cold } = this.program;
    if (cold === undefined || this.cold === undefined) return this.runInMemory(input, lines);
    return this.cold.run(this.coldGraph(cold, input, lines), () => Promise.resolve(this.runInMemory(input, lines)));
  }

  private runInMemory({ batchId, batchTimeMs }: GraphInput, lines: ReadonlyMap<string, InputLines>): GraphOutput {
    const failed = (failure: BatchFailure): TidemarkError =>
      reportFailure(failure, { lines, places: PLACES_AS_THEY_ARE, batchId });
    const readAgain = new Map([...lines].map(([uid, { readAgain }]) => [uid, readAgain]));
    this.program.begin({ batchId, batchTimeMs, readAgain });
    for (const [uid, piece] of this.pieces(lines)) {
      const failure = this.program.feed(uid, piece);
      if (failure !== undefined) throw failed(failure);
    }
    const result = this.program.end();
    if (result.outcome === 'failed') throw failed(result.failure);
    const setAside = setAsideRecords(result.setAside ?? [], { lines, places: PLACES_AS_THEY_ARE });
    if (setAside === undefined) throw new Error('A record was set aside that is not in the batch.');
    return {
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
      ...(setAside.length === 0 ? {} : { setAside }),
    };
  }

  async snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    const freeze = (): Promise<SnapshotBlocks> => {
      this.program.freeze(kind);
      return Promise.resolve({ next: () => Promise.resolve(this.program.nextBlock()) });
    };
    return this.cold === undefined ? freeze() : this.cold.snapshot(kind, freeze);
  }

  private *pieces(lines: ReadonlyMap<string, InputLines>): Iterable<readonly [uid: string, piece: InputPiece]> {
    for (const { uid, text: needed } of this.program.sources) {
      const bytes = lines.get(uid)?.bytes ?? new Uint8Array(0);
      const text = needed === 'none' ? '' : needed === 'utf8' ? this.decoder.decode(bytes) : readLatin1(bytes);
      yield [uid, { bytes, from: 0, to: bytes.length, text }];
    }
  }

  private coldGraph(side: ColdSide, input: GraphInput, lines: ReadonlyMap<string, InputLines>): ColdGraph {
    const { batchId, batchTimeMs } = input;
    return {
      holdElsewhere: async (uid, rows) => Promise.resolve(side.holdElsewhere(uid, rows)),
      look: async () => {
        side.beginLook({ batchId, batchTimeMs });
        for (const [uid, piece] of this.pieces(lines)) side.look(uid, piece);
        return Promise.resolve();
      },
      next: async (of) => Promise.resolve(of === 'missing' ? side.missing() : side.spilled()),
      load: async (uid, block) => Promise.resolve(side.load(uid, block)),
    };
  }
}

/** What operators counted, by uid and name. */
export function countsByUid(counts: ProgramOutput['counts']): GraphOutput['counts'] {
  const byUid = new Map<string, Record<string, number>>();
  for (const { uid, name, count } of counts) byUid.set(uid, { ...byUid.get(uid), [name]: count });
  return byUid;
}
