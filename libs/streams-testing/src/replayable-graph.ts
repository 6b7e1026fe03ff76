import type { GraphInput, GraphOutput, GraphRuntime, SnapshotBlocks, StoredForm } from '@tidemark/engine';
import { insideBatch } from './inside-batch.js';

/** What every batch gave, over all lives of a job. A batch that runs again must give the same again. */
export class BatchOutputs {
  private readonly outputs = new Map<number, GraphOutput>();

  all(): readonly GraphOutput[] {
    return [...this.outputs.values()];
  }

  /** @throws Error if the batch has given something else before. */
  note(batchId: number, output: GraphOutput): void {
    const before = this.outputs.get(batchId);
    if (before === undefined) this.outputs.set(batchId, output);
    else refuseDifference(batchId, before, output);
  }
}

/** Runs batches with the globals that the sandbox has, and holds them to what they gave before. */
export class ReplayableGraph implements GraphRuntime {
  constructor(
    private readonly graph: GraphRuntime,
    private readonly outputs: BatchOutputs,
    private readonly seed: string,
  ) {}

  restore(uid: string, block: Uint8Array): Promise<void> {
    return this.graph.restore(uid, block);
  }

  convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array> {
    return this.graph.convert(uid, form, block);
  }

  async run(input: GraphInput): Promise<GraphOutput> {
    const { timeline, batchId, batchTimeMs } = input;
    const identity = { timeMs: batchTimeMs, seed: `${this.seed}/${timeline}/${batchId}` };
    const output = await insideBatch(identity, () => this.graph.run(input));
    // A part of a batch gives something else than the whole.
    if (input.isProbe !== true) this.outputs.note(batchId, output);
    return output;
  }

  snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    return this.graph.snapshot(kind);
  }
}

function refuseDifference(batchId: number, before: GraphOutput, after: GraphOutput): void {
  for (const uid of new Set([...before.sinks.keys(), ...after.sinks.keys()])) {
    const [first, second] = [linesOf(before, uid), linesOf(after, uid)];
    const at = Array.from({ length: Math.max(first.length, second.length) }).findIndex(
      (_, index) => first[index] !== second[index],
    );
    if (at < 0) continue;
    throw new Error(
      `Batch ${batchId} does not give the same when it runs again. Row ${at} of "${uid}" was ${first[at] ?? 'not there'} ` +
        `and is now ${second[at] ?? 'not there'}. A job keeps what it needs in the state of its operators, never in variables.`,
    );
  }
}

function linesOf({ sinks }: GraphOutput, uid: string): readonly string[] {
  return new TextDecoder().decode(sinks.get(uid)?.bytes).split('\n').slice(0, -1);
}
