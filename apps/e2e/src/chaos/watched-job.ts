import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import { nameOf, type JobHistory, type LogEntry, type Point, type Violation } from './history.js';
import { GrowingInputs } from './inputs.js';
import { judgeHistory } from './judge-history.js';
import type { Random } from './random.js';
import { REDUCERS, type Shape } from './reducers.js';
import { standingAfter, type Replayed } from './replay.js';
import { FilesSinkReader, readTable } from './sink-readers.js';
import type { JobRow, Witness } from './witness.js';

/** What a fork was made of. */
export interface Fork {
  readonly job: WatchedJob;
  /** The batch of the checkpoint. */
  readonly after: Point;
}

/** A job that the driver has submitted, with what it gave it to read. Owner of all fields: the driver. */
export class WatchedJob {
  readonly inputs: GrowingInputs;
  /** By revision: the form of its state. */
  readonly forms = new Map<number, number>();
  /** How often it may have begun with empty state. */
  resetsMax = 0;
  /** Whether an object of one of its checkpoints was damaged. */
  isSpoilt = false;
  /** Where its `files` sink writes. */
  readonly output: string;
  private readonly files: FilesSinkReader;
  private readonly forkOf: Fork | undefined;
  private origin: JobHistory['origin'];

  constructor(
    readonly id: string,
    readonly name: string,
    readonly shape: Shape,
    parts: { readonly inputs: GrowingInputs; readonly files: string; readonly forkOf?: Fork },
  ) {
    this.inputs = parts.inputs;
    this.forkOf = parts.forkOf;
    this.output = join(parts.files, name, 'out');
    this.files = new FilesSinkReader('out', this.output);
  }

  static inputsOf(name: string, shape: Shape, { files }: Cluster, random: Random): GrowingInputs {
    return new GrowingInputs(files, name, REDUCERS[shape].sides, random);
  }

  /** Whether there is nothing left to read. */
  hasReadAll({ offsets }: JobRow): boolean {
    return Object.entries(this.inputs.ends()).every(([side, partitions]) =>
      Object.entries(partitions).every(([partition, end]) => offsets[side]?.[partition] === end),
    );
  }

  /** @param again reads also what was read before */
  async judge(
    witness: Witness,
    { isSettled, again }: { readonly isSettled: boolean; readonly again: boolean },
  ): Promise<{ readonly violations: readonly Violation[]; readonly log: readonly LogEntry[] }> {
    // The log after the sinks: a batch is planned before they have it, but the other way round it could be missing.
    const sinks = [await this.files.read({ again }), ...(await readTable(this.shape, this.name, witness))];
    const replayed = await this.replayed(witness);
    const rollbacks = await witness.rollbacksOf(this.id);
    const { resetsMax } = this;
    return { violations: judgeHistory({ ...replayed, sinks, rollbacks, resetsMax, isSettled }), log: replayed.log };
  }

  private async replayed(witness: Witness): Promise<Replayed> {
    const { shape, inputs, forkOf } = this;
    if (forkOf !== undefined && this.origin === undefined) {
      const { job, after } = forkOf;
      const standing = standingAfter(await job.replayed(witness), after);
      if (standing === undefined)
        throw new Error(`${this.name} goes on after ${nameOf(after)}, which was not committed.`);
      this.origin = { batchId: after.batchId, standing };
    }
    const log = await witness.logOf(this.id);
    return { shape, log, inputs, ...(this.origin === undefined ? {} : { origin: this.origin }) };
  }
}
