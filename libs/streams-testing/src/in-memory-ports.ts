import {
  recordKey,
  type BatchCommit,
  type BatchPlan,
  type LoggedBatch,
  type NewDeadLetter,
  type PartitionRange,
  type RedrivenRecord,
} from '@tidemark/domain';
import type { BatchLog, InputChunk, PlanRequest, Sink, SinkWrite, Source } from '@tidemark/engine';

const PARTITION = '0';

/** What a job's source reads in a test: records that were added, in the order of adding. */
export class InMemorySource implements Source {
  private readonly lines: Uint8Array[] = [];
  private readonly encoder = new TextEncoder();

  constructor(
    readonly uid: string,
    private readonly format: 'json' | 'text',
  ) {}

  add(records: readonly unknown[] | string): void {
    const lines = typeof records === 'string' ? linesOf(records) : records.map((record) => this.lineOf(record));
    for (const line of lines) this.lines.push(this.encoder.encode(`${line}\n`));
  }

  async plan({ from, bytesMax }: PlanRequest): Promise<{ readonly [partition: string]: PartitionRange }> {
    const start = from[PARTITION] ?? 0;
    let [end, bytes] = [start, 0];
    for (; end < this.lines.length; end += 1) {
      bytes += this.lines[end]?.length ?? 0;
      if (bytes > bytesMax && end > start) break;
    }
    return end > start ? { [PARTITION]: { from: start, to: end } } : {};
  }

  async read(ranges: { readonly [partition: string]: PartitionRange }): Promise<readonly InputChunk[]> {
    const range = ranges[PARTITION];
    if (range === undefined) return [];
    const lines = this.lines.slice(range.from, range.to);
    const bytes = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const line of lines) {
      bytes.set(line, at);
      at += line.length;
    }
    return [{ partition: PARTITION, range, offsetUnit: 'records', bytes }];
  }

  async close(): Promise<void> {}

  private lineOf(record: unknown): string {
    if (this.format === 'text') {
      if (typeof record === 'string' && !record.includes('\n')) return record;
      throw new TypeError(`The records of "${this.uid}" are lines: strings without a newline in them.`);
    }
    const text = JSON.stringify(record) as string | undefined;
    if (text === undefined)
      throw new TypeError(`A record for "${this.uid}" is of type ${typeof record}: it has no JSON.`);
    return text;
  }
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Keeps what a sink is given, by batch: writing a batch again replaces it. */
export class InMemorySink implements Sink {
  readonly guarantee = 'exactly_once';
  private readonly written = new Map<number, readonly unknown[]>();

  constructor(readonly uid: string) {}

  async write({ batchId, bytes }: SinkWrite): Promise<'written'> {
    this.written.set(batchId, rowsOfText(new TextDecoder().decode(bytes)));
    return 'written';
  }

  /** In the order of batches. @param after rows of later batches only. */
  rows(after = 0): readonly unknown[] {
    return [...this.written].filter(([batchId]) => batchId > after).flatMap(([, rows]) => rows);
  }

  /** What is written replaces what there was. */
  async holds(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}
}

const rowsOfText = (text: string): readonly unknown[] => linesOf(text).map((line): unknown => JSON.parse(line));

/** Outlives what a test calls a crash, as the database does. */
export class InMemoryLog implements BatchLog {
  /** Whether the job's policy is to set records aside. */
  setsAside = false;
  private readonly batches = new Map<number, LoggedBatch>();
  private readonly letters = new Map<string, NewDeadLetter>();
  private redriving: readonly NewDeadLetter[] = [];

  /** Records that were set aside, and that no batch has read again since without setting them aside. */
  get waiting(): readonly NewDeadLetter[] {
    return [...this.letters.values()];
  }

  get isRedriveWanted(): boolean {
    return this.redriving.length > 0;
  }

  setAside(...[plan, records, { isSettled }]: Parameters<BatchLog['setAside']>): ReturnType<BatchLog['setAside']> {
    const setAside = [...(this.batches.get(plan.batchId)?.setAside ?? []), ...records];
    return this.note(plan, { setAside, search: undefined, isSettled }, 'set_aside');
  }

  noteSearch(...[plan, search]: Parameters<BatchLog['noteSearch']>): ReturnType<BatchLog['noteSearch']> {
    return this.note(plan, { search }, 'noted');
  }

  /** Has the next batch read all of them again. */
  redrive(): void {
    this.redriving = this.waiting;
  }

  async toRedrive(): Promise<readonly RedrivenRecord[]> {
    return this.redriving;
  }

  batchTimeOf(batchId: number): number | undefined {
    return this.batches.get(batchId)?.plan.batchTimeMs;
  }

  async after(batchId: number): Promise<readonly LoggedBatch[]> {
    return [...this.batches.values()].filter(({ plan }) => plan.batchId > batchId);
  }

  async plan(plan: BatchPlan): Promise<{ readonly outcome: 'planned'; readonly plan: BatchPlan }> {
    this.batches.set(plan.batchId, { plan, nextOffsets: undefined });
    return { outcome: 'planned', plan };
  }

  async commit(commit: BatchCommit): Promise<{ readonly outcome: 'committed'; readonly nextPlanned: boolean }> {
    const logged = this.batches.get(commit.batchId);
    if (logged !== undefined) this.finish(logged, commit);
    return { outcome: 'committed', nextPlanned: false };
  }

  private finish({ plan }: LoggedBatch, { batchId, nextOffsets, deadLetters = [] }: BatchCommit): void {
    const setAside = deadLetters.map(({ source, partition, offset, timeline }) => ({
      source,
      partition,
      offset,
      timeline,
    }));
    this.batches.set(batchId, { plan, nextOffsets, setAside });
    if (plan.redriven !== undefined) this.redriving = [];
    for (const record of plan.redriven ?? []) this.letters.delete(recordKey(record));
    for (const letter of deadLetters) this.letters.set(recordKey(letter), letter);
  }

  private async note<O extends string>(
    { batchId }: BatchPlan,
    change: Pick<LoggedBatch, 'setAside' | 'search' | 'isSettled'>,
    outcome: O,
  ): Promise<{ readonly outcome: O }> {
    const logged = this.batches.get(batchId);
    if (logged !== undefined) this.batches.set(batchId, { ...logged, ...change });
    return { outcome };
  }
}
