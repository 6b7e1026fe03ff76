import {
  withoutSince,
  type JobId,
  type PartitionIdentities,
  type PartitionOffsets,
  type PartitionRange,
} from '@tidemark/domain';
import type { InputChunk, PlanRequest, Sink, SinkWrite, Source } from '@tidemark/engine';
import type { Process, Stage } from '../world/stage.js';
import { identityAt, recordAt, SINK, SOURCE, type Row } from './records.js';

type Ranges = { readonly [partition: string]: PartitionRange };

/** What can be read: partitions that only grow. */
export class Input {
  readonly ends = new Map<string, number>();
  /** Whether it says what offsets are positions of. */
  identifies = false;
  /** How many records of a partition any run takes at most. */
  recordsMax = Infinity;

  constructor(partitions: number) {
    for (let index = 0; index < partitions; index += 1) this.ends.set(String.fromCharCode(97 + index), 0);
  }

  append(partition: string, records: number): void {
    this.ends.set(partition, (this.ends.get(partition) ?? 0) + records);
  }
}

/** What a sink holds of a job: the rows of each batch, once. */
export class Output {
  private readonly held = new Map<string, Row>();
  onWrite: (jobId: JobId, write: SinkWrite, row: Row) => void = () => undefined;
  /** Whether a batch that is held already is dropped, as it must be. */
  remembers = true;

  write(jobId: JobId, write: SinkWrite): 'written' | 'already_held' {
    const batch = `${jobId}/${write.timeline}/${write.batchId}`;
    if (this.remembers && this.held.has(batch)) return 'already_held';
    const row = JSON.parse(new TextDecoder().decode(write.bytes)) as Row;
    this.held.set(batch, row);
    this.onWrite(jobId, write, row);
    return 'written';
  }

  holds(jobId: JobId, timeline: number, batchId: number): boolean {
    return this.held.has(`${jobId}/${timeline}/${batchId}`);
  }
}

/** How many records a run takes of a partition, at most: each run decides for itself. */
export class SimulatedSource implements Source {
  readonly uid = SOURCE;
  readonly canPlanAhead = true;

  constructor(
    private readonly input: Input,
    private readonly stage: Stage,
    private readonly process: Process,
    private readonly recordsMax: number,
  ) {}

  plan({ from, identities }: PlanRequest): Promise<Ranges> {
    return this.stage.call(this.process, 'source: plan', () => {
      this.assertKnown(from, identities);
      const ranges: { [partition: string]: PartitionRange } = {};
      for (const [partition, end] of this.input.ends) {
        const start = from[partition] ?? 0;
        const to = Math.min(end, start + Math.min(this.recordsMax, this.input.recordsMax));
        if (to > start) ranges[partition] = { from: start, to };
      }
      return ranges;
    });
  }

  read(ranges: Ranges): Promise<readonly InputChunk[]> {
    return this.stage.call(this.process, 'source: read', () =>
      Object.entries(ranges).map(([partition, range]) => {
        let lines = '';
        for (let at = range.from; at < range.to; at += 1) {
          const { key, value } = recordAt(partition, at);
          lines += `${key},${value}\n`;
        }
        const { identifies } = this.input;
        const identity = identifies ? { identity: identityAt(partition, range.to) } : {};
        return { partition, range, offsetUnit: 'records', bytes: new TextEncoder().encode(lines), ...identity };
      }),
    );
  }

  backlog(from: PartitionOffsets): Promise<Ranges> {
    return this.stage.call(this.process, 'source: backlog', () =>
      Object.fromEntries(
        [...this.input.ends].flatMap(([partition, to]) => {
          const start = from[partition] ?? 0;
          return to > start ? [[partition, { from: start, to, identity: identityAt(partition, to) }] as const] : [];
        }),
      ),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What it has said of a place must come back with the offset, and with no other one. */
  private assertKnown(from: PartitionOffsets, identities: PartitionIdentities = {}): void {
    if (!this.input.identifies) return;
    for (const [partition, at] of Object.entries(from)) {
      const said = withoutSince(identities[partition] ?? '');
      if (said !== identityAt(partition, at))
        throw new Error(`${partition} stands at ${at}, and is known as "${said}".`);
    }
  }
}

export class SimulatedSink implements Sink {
  readonly uid = SINK;
  readonly guarantee = 'exactly_once';

  constructor(
    private readonly jobId: JobId,
    private readonly output: Output,
    private readonly stage: Stage,
    private readonly process: Process,
  ) {}

  write(write: SinkWrite): Promise<'written' | 'already_held'> {
    return this.stage.call(this.process, `sink: t${write.timeline} b${write.batchId}`, () =>
      this.output.write(this.jobId, write),
    );
  }

  holds({ timeline, batchId }: Pick<SinkWrite, 'timeline' | 'batchId'>): Promise<boolean> {
    return Promise.resolve(this.output.holds(this.jobId, timeline, batchId));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
