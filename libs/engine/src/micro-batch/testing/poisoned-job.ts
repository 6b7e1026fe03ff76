import { DEFAULT_FLOW, TidemarkError, type BatchPlan, type LoggedBatch } from '@tidemark/domain';
import { defineJob, files, toFiles } from '@tidemark/streams';
import { createInProcessGraph } from '../../graph/in-process-graph.js';
import { blocksOf } from '../../graph/testing/run-job.js';
import type { BatchLog, GraphInput, GraphOutput, GraphRuntime } from '../../ports.js';
import { MicroBatchEngine } from '../micro-batch-engine.js';
import { InMemoryWorld, SimulatedCrash } from './in-memory-world.js';

export interface Payment {
  readonly key: string;
  readonly value: number;
}

/**
 * At the first the job's code throws before it has had any effect, at the second in the middle of its state, and the third
 * ends the batch without a word about which record it was.
 */
export const POISON = { atOnce: 100, late: 101, silent: 102 } as const;
export const isPoison = ({ value }: Payment): boolean => value >= POISON.atOnce;

const INTERVAL_MS = 1_000;
const CHECKPOINT_EVERY = 2;
/** Those of the log and of the sink. Records that make their batch begin again have it write more. */
export const WRITES_PER_BATCH = 5;

const aJob = (isMended: boolean) =>
  defineJob({ name: 'poisoned', batchInterval: INTERVAL_MS, poison: 'dead_letter' }, (job) => {
    job
      .source('payments', files<Payment>({ path: 'payments' }))
      .map((payment) => {
        if (!isMended && payment.value === POISON.atOnce) throw new Error('at once');
        return payment;
      })
      .keyBy('key')
      .fold('totals', {
        initial: { n: 0, sum: 0 },
        fold: ({ n, sum }, { value }) => {
          if (!isMended && value === POISON.late) throw new Error('late');
          return { n: n + 1, sum: sum + value };
        },
      })
      .map(([key, { n, sum }]) => ({ key, n, sum }))
      .to('out', toFiles({ path: 'out' }));
  });

const SILENT = `"value":${POISON.silent}}`;

async function runUnlessSilent(graph: GraphRuntime, input: GraphInput): Promise<GraphOutput> {
  const texts = input.sources.flatMap(({ chunks }) => chunks.map(({ bytes }) => new TextDecoder().decode(bytes)));
  if (texts.some((text) => text.includes(SILENT)))
    throw new TidemarkError('job_over_cpu', { limitMs: 1, batchId: input.batchId });
  return graph.run(input);
}

const graphOf = (graph: GraphRuntime): Omit<GraphRuntime, 'run'> => ({
  restore: (uid, block) => graph.restore(uid, block),
  convert: (uid, form, block) => graph.convert(uid, form, block),
  snapshot: (kind) => graph.snapshot(kind),
});

export interface Outcome {
  /** By key: the last row of each that the sink got. */
  readonly totals: ReadonlyMap<string, { readonly n: number; readonly sum: number }>;
  readonly letters: readonly { readonly offset: number; readonly code: string; readonly bytes: string }[];
}

/** A change to the log, to show that the tests notice it. */
export type BrokenLog = (log: BatchLog) => BatchLog;

/** One job over all of its lives: runners that die, or begin again without a record. */
class PoisonedJob {
  private engine: MicroBatchEngine | undefined;
  private isMended = false;

  constructor(
    readonly world: InMemoryWorld,
    private readonly broken: BrokenLog,
    private readonly isMendedAtCrash: boolean,
  ) {}

  mend(): void {
    this.isMended = true;
    this.engine = undefined;
  }

  /** Runs batches up to `batchId`, whatever it takes. */
  async runTo(batchId: number): Promise<void> {
    while ((this.engine?.lastBatchId ?? 0) < batchId) {
      try {
        this.engine ??= await this.start();
        if (this.engine === undefined || this.engine.lastBatchId >= batchId) continue;
        const result = await this.engine.runBatch({ planAhead: false, runAhead: false });
        if (result.outcome !== 'committed') this.engine = undefined;
        else if (result.plan.batchId % CHECKPOINT_EVERY === 0) await this.checkpoint(this.engine);
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
        this.engine = undefined;
        this.isMended ||= this.isMendedAtCrash;
      }
    }
  }

  private async start(): Promise<MicroBatchEngine | undefined> {
    const { world } = this;
    world.epoch += 1;
    const graph = createInProcessGraph(aJob(this.isMended));
    const newest = world.checkpoints.at(-1);
    for (const { uid, bytes } of newest?.blocks ?? []) await graph.restore(uid, bytes);
    const { timeline, batchId, batchTimeMs, offsets } = newest ?? {
      ...{ timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} },
    };
    const ports = {
      log: this.broken(world.log(world.epoch)),
      graph: this.isMended ? graph : { ...graphOf(graph), run: (input: GraphInput) => runUnlessSilent(graph, input) },
      sources: [world.source('payments')],
      sinks: [world.sink('out')],
      clock: world.clock,
    };
    const timing = { ...DEFAULT_FLOW, intervalMs: INTERVAL_MS };
    const engine = new MicroBatchEngine(ports, timing, { timeline, batchId, batchTimeMs, offsets });
    return (await engine.resume()).outcome === 'resumed' ? engine : undefined;
  }

  private async checkpoint(engine: MicroBatchEngine): Promise<void> {
    const snapshot = await engine.snapshot('full');
    await this.world.saveCheckpoint({ ...snapshot, blocks: await blocksOf(snapshot) });
  }
}

/**
 * Runs a batch for each chunk; then the job's code is mended and every dead letter is re-driven. The runner dies once.
 *
 * @param isMendedAtCrash whether other code runs from then on
 * @returns what there was before, and what there is in the end
 */
export async function livesOf(
  chunks: readonly (readonly Payment[])[],
  {
    crashAt,
    broken = (log) => log,
    isMendedAtCrash = false,
  }: { readonly crashAt?: number | undefined; readonly broken?: BrokenLog; readonly isMendedAtCrash?: boolean } = {},
): Promise<{ readonly before: Outcome; readonly after: Outcome; readonly plans: readonly BatchPlan[] }> {
  const world = new InMemoryWorld(crashAt);
  const job = new PoisonedJob(world, broken, isMendedAtCrash);
  for (const [index, chunk] of chunks.entries()) {
    world.append(chunk);
    world.clock.ms += INTERVAL_MS;
    await job.runTo(index + 1);
  }
  const before = outcomeOf(world);
  job.mend();
  world.redriving = world.letters.map(({ source, partition, offset, timeline, bytes }) => ({
    ...{ source, partition, offset, timeline, bytes },
  }));
  world.clock.ms += INTERVAL_MS;
  await job.runTo(chunks.length + 1);
  world.clock.ms += INTERVAL_MS;
  await job.runTo(chunks.length + 2);
  return { before, after: outcomeOf(world), plans: world.plans };
}

function outcomeOf(world: InMemoryWorld): Outcome {
  const rows = world.rowsOf('out') as { readonly key: string; readonly n: number; readonly sum: number }[];
  return {
    totals: new Map(rows.map(({ key, n, sum }) => [key, { n, sum }])),
    letters: world.letters.map(({ offset, code, bytes }) => ({ offset, code, bytes: new TextDecoder().decode(bytes) })),
  };
}

/** A log that forgets what committed batches have left out. */
export const forgetful: BrokenLog = (log) => ({
  ...log,
  after: async (batchId) =>
    (await log.after(batchId)).map((batch): LoggedBatch =>
      batch.nextOffsets === undefined ? batch : { ...batch, setAside: undefined },
    ),
});
