import { join } from 'node:path';
import type { Cluster } from './cluster.js';
import type { LogEntry, Violation } from './history.js';
import { GrowingInputs } from './inputs.js';
import { judgeHistory } from './judge-history.js';
import type { Random } from './random.js';
import { REDUCERS, type Shape } from './reducers.js';
import { FilesSinkReader, readTable } from './sink-readers.js';
import type { JobRow, Witness } from './witness.js';

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

  constructor(
    readonly id: string,
    readonly name: string,
    readonly shape: Shape,
    parts: { readonly inputs: GrowingInputs; readonly files: string },
  ) {
    this.inputs = parts.inputs;
    this.output = join(parts.files, name, 'out');
    this.files = new FilesSinkReader('out', this.output);
  }

  static inputsOf(name: string, shape: Shape, { files }: Cluster, random: Random): GrowingInputs {
    return new GrowingInputs(join(files, name), REDUCERS[shape].sides, random);
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
    const log = await witness.logOf(this.id);
    const rollbacks = await witness.rollbacksOf(this.id);
    const { shape, inputs, resetsMax } = this;
    return { violations: judgeHistory({ shape, log, inputs, sinks, rollbacks, resetsMax, isSettled }), log };
  }
}
