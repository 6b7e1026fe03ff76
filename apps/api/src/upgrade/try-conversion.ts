import { Injectable, Optional } from '@nestjs/common';
import { ObjectStore, openCheckpoint, readBlock } from '@tidemark/checkpoint';
import {
  bundlePaths,
  type Bundle,
  type Checkpoint,
  type JobConfig,
  type OperatorVerdict,
  type TriedState,
} from '@tidemark/domain';
import { BundleInspector } from '../submit/bundle-inspector.js';
import { Turnstile } from '../submit/turnstile.js';

/** How much is tried: some blocks of each operator, or all of them. */
export const DEPTHS = ['sample', 'all'] as const;
export type Depth = (typeof DEPTHS)[number];

/** Each takes a sandbox, with memory and a core of its own. */
const TRIALS = { what: 'deep upgrade plans', atOnce: 2, atOncePerKey: 1, waitingMax: 32, waitingMaxPerKey: 8 } as const;

/** What one trial may take. */
export class TrialBounds {
  constructor(
    /** Of a sample, for each operator: some 10 MiB of state, or ten thousands of rows. */
    readonly sampleBlocks = 10,
    /** After this no further block is begun; the first one always is. */
    readonly msMax = 60_000,
  ) {}
}

export interface Trial {
  readonly depth: Depth;
  readonly bundle: Bundle;
  readonly limits: JobConfig['limits'];
  readonly checkpoint: Checkpoint;
  readonly verdicts: readonly OperatorVerdict[];
}

/** Converts real state with the code of a bundle, and throws the result away. */
@Injectable()
export class TryConversion {
  private readonly trials = new Turnstile(TRIALS);

  constructor(
    private readonly objects: ObjectStore,
    private readonly inspector: BundleInspector,
    @Optional() private readonly bounds: TrialBounds = new TrialBounds(),
  ) {}

  /** Throws `state_conversion_failed`, `checkpoint_unreadable` or `too_many_at_once`. */
  async run(trial: Trial): Promise<TriedState> {
    const { manifestSha256 } = trial.checkpoint;
    const converted = trial.verdicts.filter(({ verdict }) => verdict === 'evolve' || verdict === 'migrate');
    if (manifestSha256 === undefined || converted.length === 0) return { rows: 0, ofRows: 0, isCutShort: false };
    return this.trials.pass(trial.bundle.tenantId, () => this.convert(trial, manifestSha256, converted));
  }

  private async convert(
    { depth, bundle, limits, checkpoint }: Trial,
    manifestSha256: string,
    verdicts: readonly OperatorVerdict[],
  ): Promise<TriedState> {
    const stored = await openCheckpoint(this.objects, checkpoint.path, manifestSha256);
    const code = await this.objects.get(bundlePaths(bundle.tenantId, bundle.digest).code);
    const meter = new TrialMeter(this.bounds, depth);
    await this.inspector.tryConversion(
      { code: new TextDecoder().decode(code), sourceMap: undefined },
      { limits, shapes: checkpoint.shapes, verdicts, blocks: (uid) => meter.through(stored.blocks(uid)) },
    );
    const uids = verdicts.map((verdict) => ('from' in verdict ? verdict.from : undefined) ?? verdict.uid);
    return { ...meter.tried(), ofRows: uids.reduce((sum, uid) => sum + stored.rowsOf(uid), 0) };
  }
}

/** Lets blocks through until there are enough, and counts the rows of those that were converted. One trial's own. */
class TrialMeter {
  private readonly startedMs = performance.now();
  private rows = 0;
  private blocks = 0;
  private isCutShort = false;

  constructor(
    private readonly bounds: TrialBounds,
    private readonly depth: Depth,
  ) {}

  tried(): Pick<TriedState, 'rows' | 'isCutShort'> {
    const { rows, isCutShort } = this;
    return { rows, isCutShort };
  }

  async *through(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const first = this.blocks;
    for await (const block of blocks) {
      if (this.depth === 'sample' && this.blocks - first === this.bounds.sampleBlocks) return;
      this.isCutShort ||= this.blocks > 0 && performance.now() - this.startedMs >= this.bounds.msMax;
      if (this.isCutShort) return;
      const { rows } = readBlock(block);
      yield block;
      // Whoever asks for the next one has converted this one.
      this.rows += rows;
      this.blocks += 1;
    }
  }
}
