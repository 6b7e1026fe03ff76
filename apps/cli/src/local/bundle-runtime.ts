import { isUtf8 } from 'node:buffer';
import { Script } from 'node:vm';
import type { BundleManifest } from '@tidemark/domain';
import {
  checkDefinition,
  createInProcessGraph,
  reportProblem,
  PLACES_AS_THEY_ARE,
  type GraphInput,
  type GraphOutput,
  type GraphRuntime,
  type StoredForm,
} from '@tidemark/engine';
import { insideBatch } from './batch-globals.js';
import { SCRIPT, withInlineMap } from './places.js';

export interface BundleToRun {
  readonly code: string;
  readonly sourceMap: string | null;
  /** Random numbers depend on it. */
  readonly jobId: string;
  /** Where the sources lie, for a debugger. */
  readonly folder: string;
}

export interface BatchRun {
  readonly output: GraphOutput;
  /** What the job's code has logged. */
  readonly log: readonly string[];
}

/** A job's graph in this process, with the globals that the sandbox has. One process runs one bundle. */
export class BundleRuntime {
  private constructor(
    readonly manifest: BundleManifest,
    private readonly graph: GraphRuntime,
    private readonly jobId: string,
  ) {}

  /** Throws what the service would refuse the bundle for. */
  static async load({ code, sourceMap, jobId, folder }: BundleToRun): Promise<BundleRuntime> {
    const script = new Script(withInlineMap(code, sourceMap, folder), { filename: SCRIPT });
    const { value: definition } = await insideBatch({ timeMs: 0, seed: 'definition' }, () => {
      script.runInThisContext();
      const { tidemarkJob: exported } = globalThis as { readonly tidemarkJob?: { readonly default?: unknown } | null };
      return exported?.default;
    });
    const checked = checkDefinition(definition);
    if (checked.outcome === 'invalid') throw reportProblem(checked.problems[0], PLACES_AS_THEY_ARE);
    const graph = createInProcessGraph(definition as Parameters<typeof createInProcessGraph>[0]);
    return new BundleRuntime(checked.manifest, graph, jobId);
  }

  restore(uid: string, block: Uint8Array): Promise<void> {
    return this.graph.restore(uid, block);
  }

  async convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array> {
    const converting = () => this.graph.convert(uid, form, block);
    return (await insideBatch({ timeMs: 0, seed: 'definition' }, converting)).value;
  }

  async run(input: GraphInput): Promise<BatchRun> {
    const { timeline, batchId, batchTimeMs: timeMs } = input;
    const sources = input.sources.map(({ uid, chunks }) => ({
      uid,
      chunks: chunks.map((chunk) => ({ ...chunk, bytes: wellFormed(chunk.bytes) })),
    }));
    const seed = `${this.jobId}/${timeline}/${batchId}`;
    const { value: output, log } = await insideBatch({ timeMs, seed }, () => this.graph.run({ ...input, sources }));
    return { output, log };
  }
}

/** What is no UTF-8 becomes what a reader sees in its place, before the engine looks at it, as in production. */
const wellFormed = (bytes: Uint8Array): Uint8Array =>
  isUtf8(bytes) ? bytes : Buffer.from(Buffer.from(bytes).toString('utf8'));
