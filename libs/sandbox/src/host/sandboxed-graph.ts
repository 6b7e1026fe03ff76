import { TidemarkError, type BundleManifest } from '@tidemark/domain';
import {
  countsByUid,
  joinChunks,
  printable,
  type ColdGraph,
  type ColdState,
  reportFailure,
  type GraphInput,
  type GraphOutput,
  type GraphRuntime,
  type InputLines,
  type LinePosition,
  type Places,
  type SnapshotBlocks,
  type StateBlock,
  type StoredForm,
} from '@tidemark/engine';
import { isBlock, isForStore, linesIn, tooLarge, wellFormed } from './check-answer.js';
import { FRAME_BYTES_MAX, HEADER_BYTES_MAX } from '../frames.js';
import { failureFromWire, type BlocksOf, type ReplyOf, type Request } from '../messages.js';
import { readSetAside, threwOutside } from './read-run.js';
import { readConversion } from './read-conversion.js';
import { nonsense, type Answer, type RequestBounds, type SandboxProcess } from './sandbox-process.js';

export interface JobLimits {
  /** Memory of the job's objects, state included. */
  readonly memoryMb: number;
  /** A batch that takes longer is stopped. */
  readonly cpuMsPerBatch: number;
}

/** A job's graph in a sandbox of its own. After any error but a refused restore it is of no more use. */
export interface SandboxedGraph extends GraphRuntime {
  readonly pid: number;
  readonly manifest: BundleManifest;
  /**
   * Resolves when the sandbox has ended for any reason but `kill`: what a call threw, or that the process died between
   * calls.
   */
  readonly lost: Promise<TidemarkError>;
  /** Ends the process at once. Safe to call again. */
  kill(): void;
}

interface BatchInput {
  readonly input: GraphInput;
  readonly lines: ReadonlyMap<string, InputLines>;
  readonly inputBytes: number;
}

interface LoadedJob {
  readonly id: string;
  readonly manifest: BundleManifest;
  readonly places: Places;
  readonly limits: JobLimits;
  readonly onLog: ((line: string) => void) | undefined;
  /** Of a job whose state need not be in the sandbox. */
  readonly cold: ColdState | undefined;
}

const RESTORE_MS = 60_000;
const SNAPSHOT_MS = 120_000;
const GRACE_MS = 500;

export class ProcessGraph implements SandboxedGraph {
  private turn: Promise<void> = Promise.resolve();
  private readonly sinkUids: ReadonlySet<string>;
  private readonly sourceUids: ReadonlySet<string>;

  constructor(
    private readonly process: SandboxProcess,
    private readonly job: LoadedJob,
  ) {
    const uidsOf = (kind: string): ReadonlySet<string> =>
      new Set(job.manifest.nodes.filter((node) => node.kind === kind).map(({ uid }) => uid ?? ''));
    this.sinkUids = uidsOf('sink');
    this.sourceUids = uidsOf('source');
  }

  get pid(): number {
    return this.process.pid;
  }

  get manifest(): BundleManifest {
    return this.job.manifest;
  }

  get lost(): Promise<TidemarkError> {
    return this.process.lost;
  }

  kill(): void {
    this.process.kill();
    // Whatever is under way with it fails with the process.
    void this.job.cold?.close().catch(ignore);
  }

  async restore(uid: string, block: Uint8Array): Promise<void> {
    const own = await this.keepOutside(uid, block);
    if (own !== undefined) await this.take({ type: 'restore', uid }, own);
  }

  /** @returns what the sandbox must have of the block. */
  private async keepOutside(uid: string, block: Uint8Array): Promise<Uint8Array | undefined> {
    const { cold } = this.job;
    try {
      return cold === undefined ? block : await cold.restore(uid, block);
    } catch (error) {
      if (error instanceof TidemarkError) throw error;
      throw new TidemarkError('checkpoint_unreadable', { path: `state of "${uid}"`, reason: String(error) });
    }
  }

  private async take(request: Extract<Request, { readonly uid: string }>, block?: Uint8Array): Promise<void> {
    const { uid } = request;
    const bounds = this.bounds(RESTORE_MS, 0);
    const { reply } = await this.ask(request, block === undefined ? [] : [block], bounds);
    if (reply.type === 'restored') return;
    if (reply.type === 'not_restored') {
      throw new TidemarkError('checkpoint_unreadable', {
        path: `state of "${uid}"`,
        reason: printable(reply.reason, 500),
      });
    }
    throw this.ended(
      reply.type === 'over_memory' ? bounds.overMemory() : nonsense(`it answered ${request.type} with ${reply.type}`),
    );
  }

  async convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array> {
    const { cpuMsPerBatch: deadlineMs } = this.job.limits;
    const bounds = this.bounds(2 * deadlineMs + GRACE_MS, 0);
    const answer = await this.ask({ type: 'convert', uid, form, deadlineMs }, [block], bounds);
    const converted = readConversion(answer, { uid, block, deadlineMs, overMemory: bounds.overMemory });
    if (converted.outcome === 'converted') return converted.block;
    throw converted.outcome === 'ended' ? this.ended(converted.error) : converted.error;
  }

  async run(input: GraphInput): Promise<GraphOutput> {
    const { cold } = this.job;
    const lines = new Map(input.sources.map(({ uid, chunks }) => [uid, wellFormed(joinChunks(chunks))]));
    const inputBytes = [...lines.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    const bytesMax = FRAME_BYTES_MAX - HEADER_BYTES_MAX;
    if (inputBytes > bytesMax) {
      throw new TidemarkError('job_output_too_large', { what: 'The input of one batch', bytes: inputBytes, bytesMax });
    }
    const batch = { input, lines, inputBytes };
    if (cold === undefined) return this.runBatch(batch);
    return cold.run(this.outside(batch), () => this.runBatch(batch));
  }

  private async runBatch(batch: BatchInput): Promise<GraphOutput> {
    const bounds = this.boundsOf(batch);
    return this.readRun(await this.askWithInput('run', batch), { ...batch, bounds });
  }

  /** What the rows outside need of the sandbox before and after a batch. */
  private outside(batch: BatchInput): ColdGraph {
    const bytesLeft = this.blockBytes();
    return {
      holdElsewhere: (uid, rows) => this.take({ type: 'elsewhere', uid, rows }),
      load: (uid, block) => this.take({ type: 'rows', uid }, block),
      next: (of) => this.nextBlock(of, this.bounds(SNAPSHOT_MS, batch.input.batchId), bytesLeft),
      look: async () => {
        const answer = await this.askWithInput('look', batch);
        if (answer.reply.type === 'looked') return;
        this.readRun(answer, { ...batch, bounds: this.boundsOf(batch) });
        throw this.ended(nonsense('it ran a batch that it was to look at'));
      },
    };
  }

  private boundsOf({ input }: BatchInput): RequestBounds {
    return this.bounds(2 * this.job.limits.cpuMsPerBatch + GRACE_MS, input.batchId);
  }

  private askWithInput(type: 'run' | 'look', batch: BatchInput): Promise<Answer> {
    const { input, lines } = batch;
    const { timeline, batchId, batchTimeMs } = input;
    const { cpuMsPerBatch: deadlineMs } = this.job.limits;
    const sources = [...lines].map(([uid, { bytes, readAgain }]) => ({
      ...{ uid, bytes: bytes.length },
      ...(readAgain === 0 ? {} : { readAgain }),
    }));
    const seed = `${this.job.id}/${timeline}/${batchId}`;
    const request = { type, batchId, batchTimeMs, seed, deadlineMs, sources } as const;
    return this.ask(
      request,
      [...lines.values()].map(({ bytes }) => bytes),
      this.boundsOf(batch),
    );
  }

  snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    const { cold } = this.job;
    return cold === undefined ? this.freeze(kind) : cold.snapshot(kind, () => this.freeze(kind));
  }

  private async freeze(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    const bounds = this.bounds(SNAPSHOT_MS, 0);
    const { reply } = await this.ask({ type: 'snapshot', kind }, [], bounds);
    if (reply.type === 'over_memory') throw this.ended(bounds.overMemory());
    if (reply.type !== 'frozen') throw this.ended(nonsense(`it answered snapshot with ${reply.type}`));
    const bytesLeft = this.blockBytes();
    return { next: () => this.nextBlock('snapshot', bounds, bytesLeft) };
  }

  /** How many bytes of blocks the sandbox may give on one occasion. */
  private blockBytes(): { count: number } {
    return { count: 4 * this.job.limits.memoryMb * 1024 * 1024 };
  }

  private async nextBlock(
    of: BlocksOf,
    bounds: RequestBounds,
    bytesLeft: { count: number },
  ): Promise<StateBlock | undefined> {
    const { reply, body } = await this.ask({ type: 'block', of }, [], bounds);
    if (reply.type === 'end') return undefined;
    if (reply.type === 'too_large') throw this.ended(tooLarge(reply));
    if (reply.type === 'over_memory') throw this.ended(bounds.overMemory());
    if (reply.type !== 'block') throw this.ended(nonsense(`it answered a request for state with ${reply.type}`));
    const { uid, rows, deleted } = reply;
    if (!Object.hasOwn(this.manifest.shapes, uid)) {
      throw this.ended(nonsense(`it has state of "${uid}", which is no operator of the job`));
    }
    bytesLeft.count -= body.length;
    if (bytesLeft.count < 0) throw this.ended(nonsense('its state is larger than its memory'));
    if (!isBlock(body, reply)) throw this.ended(nonsense(`its state of "${uid}" is not what it says`));
    if (of !== 'snapshot' && !isForStore(body)) throw this.ended(nonsense(`a key of "${uid}" is too long`));
    return { uid, bytes: body, rows, deleted };
  }

  /** A snapshot is pulled while batches run: requests of both wait for their turn, in the order in which they came. */
  private ask(...request: Parameters<SandboxProcess['ask']>): Promise<Answer> {
    const answer = this.turn.then(() => this.process.ask(...request));
    this.turn = answer.then(ignore, ignore);
    return answer;
  }

  private readRun({ reply, body }: Answer, batch: BatchInput & { readonly bounds: RequestBounds }): GraphOutput {
    switch (reply.type) {
      case 'done':
        this.log(reply.log);
        return this.readOutput(reply, body, batch);
      case 'failed':
        this.log(reply.log);
        throw this.ended(this.readFailure(reply, batch));
      case 'threw':
        throw this.ended(threwOutside(reply, this.job.places));
      case 'over_deadline':
        throw this.ended(batch.bounds.overDeadline());
      case 'over_memory':
        throw this.ended(batch.bounds.overMemory());
      case 'too_large':
        throw this.ended(tooLarge(reply));
      default:
        throw this.ended(nonsense(`it answered run with ${reply.type}`));
    }
  }

  private readOutput(
    reply: ReplyOf<'done'>,
    body: Buffer,
    batch: { readonly lines: ReadonlyMap<string, InputLines>; readonly inputBytes: number },
  ): GraphOutput {
    const sinks = new Map<string, { readonly rows: number; readonly bytes: Uint8Array }>();
    let from = 0;
    for (const { uid, rows, bytes: length } of reply.sinks) {
      const bytes = body.subarray(from, from + length);
      from += length;
      if (!this.sinkUids.has(uid) || sinks.has(uid)) throw this.ended(nonsense(`it wrote to the sink "${uid}"`));
      if (bytes.length !== length || rows < 1 || linesIn(bytes) !== rows) {
        throw this.ended(nonsense(`it wrote ${rows} rows to "${uid}" that are not there`));
      }
      sinks.set(uid, { rows, bytes });
    }
    if (from !== body.length) throw this.ended(nonsense('its output has bytes that belong to no sink'));
    const { recordsIn, recordsSkipped, stateKeys } = reply;
    // Every record has a line end, so it cannot have read more.
    if (recordsIn > batch.inputBytes || recordsSkipped > recordsIn)
      throw this.ended(nonsense('it counted records that are not there'));
    if (stateKeys.some(({ uid }) => !Object.hasOwn(this.manifest.shapes, uid))) {
      throw this.ended(nonsense('it has state of an operator that keeps none'));
    }
    return {
      sinks,
      recordsIn,
      recordsSkipped,
      stateKeys: new Map(stateKeys.map(({ uid, keys }) => [uid, keys])),
      counts: countsByUid(reply.counts),
      skipped: reply.skipped.map(({ source, line, reason }) => ({
        source,
        ...this.placeOfRecord({ source, line }, batch.lines),
        reason: printable(reason),
      })),
      ...this.setAside(reply, batch.lines),
    };
  }

  private setAside(reply: ReplyOf<'done'>, lines: ReadonlyMap<string, InputLines>): Pick<GraphOutput, 'setAside'> {
    const setAside = readSetAside(reply, { lines, ...this.job });
    if (setAside === undefined) throw this.ended(nonsense('it set records aside that are not in the batch'));
    return setAside.length === 0 ? {} : { setAside };
  }

  private readFailure(
    reply: ReplyOf<'failed'>,
    { lines, input: { batchId } }: Pick<BatchInput, 'lines' | 'input'>,
  ): TidemarkError {
    const failure = failureFromWire(reply.failure);
    if ('record' in failure && failure.record !== undefined) this.placeOfRecord(failure.record, lines);
    return reportFailure(failure, { lines, places: this.job.places, batchId });
  }

  private placeOfRecord(
    { source, line }: { readonly source: string; readonly line: number },
    lines: ReadonlyMap<string, InputLines>,
  ): LinePosition {
    const position = this.sourceUids.has(source) ? lines.get(source)?.positionOf(line) : undefined;
    if (position === undefined) throw this.ended(nonsense('it named a record that is not in the batch'));
    return position;
  }

  private log(lines: readonly string[]): void {
    const { onLog } = this.job;
    if (onLog !== undefined) for (const line of lines) onLog(printable(line));
  }

  private bounds(killAfterMs: number, batchId: number): RequestBounds {
    const { memoryMb, cpuMsPerBatch } = this.job.limits;
    return {
      killAfterMs,
      memoryMb,
      overDeadline: () => new TidemarkError('job_over_cpu', { limitMs: cpuMsPerBatch, batchId }),
      overMemory: () => new TidemarkError('job_over_memory', { limitMb: memoryMb, batchId }),
    };
  }

  private ended(error: TidemarkError): TidemarkError {
    this.process.fail(error);
    return error;
  }
}

const ignore = (): void => undefined;
