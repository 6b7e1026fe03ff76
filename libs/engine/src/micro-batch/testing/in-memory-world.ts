import {
  recordKey,
  type BatchCommit,
  type BatchPlan,
  type Clock,
  type LoggedBatch,
  type NewDeadLetter,
  type PartitionRange,
  type RedrivenRecord,
} from '@tidemark/domain';
import type {
  BatchLog,
  Fenced,
  InputChunk,
  PlanRequest,
  Sink,
  SinkWrite,
  Source,
  StateBlock,
  StateSnapshot,
} from '../../ports.js';

/** Thrown where the simulated process dies. What it was about to do, or had just done, depends on the moment. */
export class SimulatedCrash extends Error {}

/** A checkpoint, with the blocks of all that it builds on. */
export interface SavedCheckpoint extends Pick<StateSnapshot, 'timeline' | 'batchId' | 'batchTimeMs' | 'offsets'> {
  readonly blocks: readonly StateBlock[];
}

/**
 * Everything that outlives a runner: the batch log, the sinks, the checkpoints, the input. Every write is a moment at
 * which the runner can die, just before it takes effect or just after.
 */
export class InMemoryWorld {
  readonly checkpoints: SavedCheckpoint[] = [];
  readonly clock: Clock & { ms: number } = { ms: 1_000_000, nowMs: () => this.clock.ms };
  epoch = 0;
  /** How many reads were asked for, by range: what was read ahead is not read again. */
  readonly reads: string[] = [];
  /** Every dead letter that was committed, in order: one that is there twice was written twice. */
  readonly letters: NewDeadLetter[] = [];
  /** Records that are to be read again; a commit that has read one takes it away. */
  redriving: readonly RedrivenRecord[] = [];
  private readonly input: string[] = [];
  /** Where each call of `append` ended. */
  private readonly chunkEnds: number[] = [0];
  private readonly logged = new Map<number, LoggedBatch>();
  private readonly sinks = new Map<string, SinkWrite[]>();
  private moments = 0;

  /** @param crashAt the moment at which the runner dies, once; even moments are before a write, odd ones after it */
  constructor(private readonly crashAt: number | undefined) {}

  append(records: readonly object[]): void {
    this.input.push(...records.map((record) => JSON.stringify(record)));
    this.chunkEnds.push(this.input.length);
  }

  /** All rows that a reader of the sink sees, in the order in which they were written. */
  rowsOf(uid: string): unknown[] {
    return (this.sinks.get(uid) ?? []).flatMap(({ bytes }) =>
      new TextDecoder()
        .decode(bytes)
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line)),
    );
  }

  get plans(): readonly BatchPlan[] {
    return [...this.logged.values()].map(({ plan }) => plan);
  }

  /** The log as one epoch writes it. */
  log(epoch: number): BatchLog {
    const fenced = (): boolean => epoch !== this.epoch;
    return {
      after: (batchId) => Promise.resolve([...this.logged.values()].filter(({ plan }) => plan.batchId > batchId)),
      plan: (plan) => {
        if (fenced()) return Promise.resolve<Fenced>({ outcome: 'fenced' });
        return this.write(() => {
          const existing = this.logged.get(plan.batchId);
          if (existing === undefined) this.logged.set(plan.batchId, { plan, nextOffsets: undefined });
          return { outcome: 'planned', plan: existing?.plan ?? plan } as const;
        });
      },
      commit: (commit, next) => {
        if (fenced()) return Promise.resolve<Fenced>({ outcome: 'fenced' });
        return this.write(() => this.commit(commit, next));
      },
      setsAside: true,
      setAside: ({ batchId }, records, { isSettled }) => {
        if (fenced()) return Promise.resolve<Fenced>({ outcome: 'fenced' });
        return this.write(() => {
          const logged = this.logged.get(batchId);
          if (logged !== undefined)
            this.logged.set(batchId, {
              ...logged,
              setAside: [...(logged.setAside ?? []), ...records],
              ...{ search: undefined, isSettled },
            });
          return { outcome: 'set_aside' } as const;
        });
      },
      noteSearch: ({ batchId }, search) => {
        if (fenced()) return Promise.resolve<Fenced>({ outcome: 'fenced' });
        return this.write(() => {
          const logged = this.logged.get(batchId);
          if (logged !== undefined) this.logged.set(batchId, { ...logged, search });
          return { outcome: 'noted' } as const;
        });
      },
      isRedriveWanted: this.redriving.length > 0,
      toRedrive: () => Promise.resolve(this.redriving),
    };
  }

  /** @param chunkByChunk whether batch n reads what the n-th `append` brought, and not all that is there */
  source(uid: string, { chunkByChunk = false } = {}): Source {
    const read = (range: PartitionRange): InputChunk => ({
      partition: '0',
      range,
      bytes: new TextEncoder().encode(
        this.input
          .slice(range.from, range.to)
          .map((line) => `${line}\n`)
          .join(''),
      ),
      offsetUnit: 'records',
    });
    return {
      uid,
      canPlanAhead: true,
      plan: ({ from, batchId, until }: PlanRequest) => {
        const start = from['0'] ?? 0;
        const there = chunkByChunk ? (this.chunkEnds[batchId] ?? this.input.length) : this.input.length;
        const end = Math.min(there, until === undefined ? Infinity : (until['0'] ?? 0));
        return Promise.resolve(end > start ? { '0': { from: start, to: end } } : {});
      },
      backlog: (from) => {
        const range = { from: from['0'] ?? 0, to: this.input.length };
        return Promise.resolve(range.to > range.from ? { '0': range } : {});
      },
      read: (ranges) => {
        this.reads.push(...Object.values(ranges).map(({ from, to }) => `${from}-${to}`));
        return Promise.resolve(Object.values(ranges).map(read));
      },
      close: () => Promise.resolve(),
    };
  }

  sink(uid: string): Sink {
    return {
      uid,
      guarantee: 'exactly_once',
      write: (write) =>
        this.write(() => {
          if (this.holds(uid, write)) return 'already_held';
          this.sinks.set(uid, [...(this.sinks.get(uid) ?? []), write]);
          return 'written';
        }),
      holds: (batch) => Promise.resolve(this.holds(uid, batch)),
      close: () => Promise.resolve(),
    };
  }

  /** Writes without looking whether the batch is there: what a sink must not do. */
  appendTo(uid: string, write: SinkWrite): Promise<'written'> {
    return this.write(() => {
      this.sinks.set(uid, [...(this.sinks.get(uid) ?? []), write]);
      return 'written';
    });
  }

  saveCheckpoint({ timeline, batchId, batchTimeMs, offsets, blocks }: SavedCheckpoint): Promise<void> {
    return this.write(() => {
      this.checkpoints.push(structuredClone({ timeline, batchId, batchTimeMs, offsets, blocks }));
    });
  }

  private holds(uid: string, { timeline, batchId }: Pick<SinkWrite, 'timeline' | 'batchId'>): boolean {
    const held = this.sinks.get(uid) ?? [];
    return held.some((write) => write.timeline === timeline && write.batchId === batchId);
  }

  private commit(
    { batchId, nextOffsets, deadLetters = [] }: BatchCommit,
    next: BatchPlan | undefined,
  ): { readonly outcome: 'committed'; readonly nextPlanned: boolean } {
    const row = this.logged.get(batchId);
    if (row === undefined) throw new Error(`Batch ${batchId} was committed without a plan.`);
    this.logged.set(batchId, {
      ...{ plan: row.plan, nextOffsets },
      setAside: deadLetters.map(({ source, partition, offset, timeline }) => ({ source, partition, offset, timeline })),
    });
    this.letters.push(...deadLetters);
    const read = new Set((row.plan.redriven ?? []).map(recordKey));
    this.redriving = this.redriving.filter((record) => !read.has(recordKey(record)));
    if (next !== undefined && !this.logged.has(next.batchId))
      this.logged.set(next.batchId, { plan: next, nextOffsets: undefined });
    return { outcome: 'committed', nextPlanned: next !== undefined };
  }

  private write<T>(effect: () => T): Promise<T> {
    this.dieIfItIsTime();
    const result = effect();
    this.dieIfItIsTime();
    return Promise.resolve(result);
  }

  private dieIfItIsTime(): void {
    const moment = this.moments;
    this.moments += 1;
    if (moment === this.crashAt) throw new SimulatedCrash();
  }
}
