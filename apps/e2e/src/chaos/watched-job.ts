import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import { nameOf, type JobHistory, type LogEntry, type StoredCheckpoint, type Violation } from './history.js';
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
  readonly checkpoint: StoredCheckpoint;
}

/** A job that the driver has submitted, with what it gave it to read. Owner of all fields: the driver. */
export class WatchedJob {
  readonly inputs: GrowingInputs;
  /** By revision: the form of its state. */
  readonly forms = new Map<number, number>();
  /** Folders of its checkpoints, and of those that it was made of, in which something was damaged. */
  readonly damaged: Set<string>;
  /** How often it was told to begin with empty state. */
  resetsOrdered = 0;
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
    this.damaged = parts.forkOf?.job.damaged ?? new Set();
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
    const { forms, damaged, resetsOrdered } = this;
    const violations = judgeHistory({ ...replayed, sinks, rollbacks, forms, damaged, resetsOrdered, isSettled });
    return { violations, log: replayed.log };
  }

  private async replayed(witness: Witness): Promise<Replayed> {
    const { shape, inputs, forkOf } = this;
    if (forkOf !== undefined && this.origin === undefined) {
      const { job, checkpoint } = forkOf;
      const standing = standingAfter(await job.replayed(witness), checkpoint);
      if (standing === undefined)
        throw new Error(`${this.name} goes on after ${nameOf(checkpoint)}, which was not committed.`);
      this.origin = { batchId: checkpoint.batchId, standing, checkpoint };
    }
    const log = await witness.logOf(this.id, this.forms);
    return { shape, log, inputs, ...(this.origin === undefined ? {} : { origin: this.origin }) };
  }
}
