import {
  DEAD_LETTER_BYTES_MAX,
  DEAD_LETTER_BYTES_PER_BATCH_MAX,
  DEAD_LETTERS_PER_BATCH_MAX,
  isTidemarkError,
  POISON_ATTEMPTS_MAX,
  recordKey,
  REDRIVE_ATTEMPTS_MAX,
  TidemarkError,
  type BatchPlan,
  type ErrorCode,
  type LeftOut,
  type LoggedBatch,
  type NewDeadLetter,
  type PoisonSearch,
  type RecordPosition,
  type SetAsideRecord,
} from '@tidemark/domain';
import { NEWLINE } from '../lines.js';
import type { BatchLog, Fenced, GraphOutput, Sink } from '../ports.js';
import type { BatchInput } from './resume.js';
import { afterProbe, positionOfRecord, probeOf, recordsIn, type Probe } from './poison-search.js';
import { withoutRecords, type RemainingInput } from './without-records.js';

const REASON_CHARS_MAX = 400;

/** A batch is to be run again, from the state before it. The graph is of no more use. */
export interface RunAgain {
  readonly outcome: 'run_again';
  readonly batchId: number;
  /** The record that it leaves out from now on; undefined while that is looked for. */
  readonly without: SetAsideRecord | undefined;
  /** Why the batch has failed. */
  readonly why: PoisonSearch['why'];
}

/** What a record can do to a batch without being named. */
const SEARCHED: readonly ErrorCode[] = [
  'job_code_threw',
  'job_over_cpu',
  'job_over_memory',
  'sandbox_lost',
  'sandbox_spoke_nonsense',
  'state_not_json',
];

/**
 * Records that batches leave out. There are two ways into a dead letter, and both give the same one again when the batch runs
 * again:
 *
 * 1. The graph sets the record aside while the batch runs: it could not be read, or the job's code threw at it before it had
 *    had any effect.
 * 2. The record ended the batch: the job's code threw where the record may have had half of its effect, or hung, or took the
 *    sandbox with it. That batch is over, and so is the graph; the log says that the batch leaves the record out, and another
 *    run begins with the state before it. Which record it was is looked for first where nobody says it.
 *
 * Before a sink has anything of a batch, its row says what it leaves out, and that this is all: the batch is **settled**. A
 * commit, which writes the letters, says the same. Code that could take one of these records does not get it when the batch runs
 * again, but only when it is re-driven; and code that cannot take another one does not get by without it. Otherwise what
 * the sinks have and what the state has would differ by a record.
 *
 * Under another policy batches are not settled, and the policy can be changed while one of them is open. So before a batch that a
 * former run has left open does without another record, the sinks are asked whether they have something of it.
 *
 * Records that are re-driven and set aside again have letters already, and count towards no bound: a plan never changes, so a
 * batch that may not set them aside would fail for ever.
 *
 * Owner of all fields: the engine of one run.
 */
export class PoisonRecords {
  private readonly logged = new Map<number, Omit<LoggedBatch, 'plan'>>();

  constructor(
    private readonly log: BatchLog,
    private readonly sinks: readonly Pick<Sink, 'holds'>[],
  ) {}

  /** Takes what the log says of a batch that is to run again. */
  note(batch: LoggedBatch): void {
    const { plan, ...known } = batch;
    this.logged.set(plan.batchId, known);
  }

  /** What the graph gets of a batch's input. */
  remaining(plan: BatchPlan, input: BatchInput): RemainingInput {
    return withoutRecords(plan, withRedriven(plan, input), this.leftOutOf(plan));
  }

  /** The letters of a batch that is to be committed. Throws `too_many_dead_letters`. */
  lettersOf(plan: BatchPlan, { taken }: RemainingInput, { setAside = [] }: GraphOutput): readonly NewDeadLetter[] {
    const { timeline, batchId } = plan;
    const letters = [
      ...taken.map(({ record: { code = 'job_code_threw', reason = 'unknown', ...at }, bytes }) => ({
        ...at,
        code,
        reason,
        bytes,
      })),
      ...setAside.map((record) => ({ timeline, ...record })),
    ].map((letter) => ({
      ...letter,
      // A copy, which slice() of a Buffer is not: what the batch has read is released, and overwritten, before it is committed.
      bytes: new Uint8Array(letter.bytes.subarray(0, DEAD_LETTER_BYTES_MAX)),
      bytesTotal: letter.bytes.length,
    }));
    const isRedriven = redrivenBy(plan);
    const fresh = letters.filter((letter) => !isRedriven(letter));
    const bytes = fresh.reduce((sum, letter) => sum + letter.bytes.length, 0);
    if (fresh.length > DEAD_LETTERS_PER_BATCH_MAX)
      throw tooMany(batchId, `${DEAD_LETTERS_PER_BATCH_MAX} dead letters of one batch`, fresh.at(-1));
    if (bytes > DEAD_LETTER_BYTES_PER_BATCH_MAX)
      throw tooMany(batchId, `${DEAD_LETTER_BYTES_PER_BATCH_MAX} bytes of dead letters of one batch`, fresh.at(-1));
    return letters;
  }

  /**
   * Makes durable which records a batch leaves out that has run, before a sink has anything of it. Throws
   * `record_lost_to_code` if a former run has settled it with fewer, or a sink has something of it already.
   */
  async settle(plan: BatchPlan, letters: readonly NewDeadLetter[]): Promise<Fenced | undefined> {
    const known = new Set(this.leftOutOf(plan).map(recordKey));
    const records = letters
      .filter((letter) => !known.has(recordKey(letter)))
      .map(({ bytes: _, bytesTotal: __, ...record }): SetAsideRecord => record);
    const [another] = records;
    if (another !== undefined && (this.isSettled(plan) || (await this.isHeld(plan))))
      throw lostToCode(plan.batchId, another);
    if (this.isSettled(plan) || (another === undefined && !this.log.setsAside)) return undefined;
    const written = await this.log.setAside(plan, records, { isSettled: true });
    return written.outcome === 'set_aside' ? undefined : written;
  }

  /**
   * Sees that a committed batch, which ran again for its state, took what it took before. Throws `record_lost_to_code`: its
   * sinks have what came of a record that the code now cannot take.
   */
  assertSameTaken({ batchId }: BatchPlan, { setAside = [] }: GraphOutput): void {
    // Under the policy `skip`, unreadable records were passed over without being named.
    const unreadable = setAside.filter(({ code }) => code === 'record_unreadable').length;
    const wasPassedOver = unreadable <= (this.logged.get(batchId)?.recordsSkipped ?? 0);
    const lost = setAside.find(({ code }) => code !== 'record_unreadable' || !wasPassedOver);
    if (lost === undefined) return;
    throw lostToCode(batchId, lost);
  }

  /** What the next run of an open batch takes of its input. */
  probeOf({ batchId }: BatchPlan): Probe {
    const search = this.logged.get(batchId)?.search;
    return search === undefined || !this.log.setsAside ? { kind: 'whole' } : probeOf(search);
  }

  /**
   * What becomes of an open batch that has failed: it leaves a record out from now on, runs again to find out which one, or
   * its error is thrown.
   */
  async runAgain(plan: BatchPlan, read: () => Promise<BatchInput>, error: unknown): Promise<RunAgain | Fenced> {
    // What has come of each record of a settled batch may be in a sink: none of them can be left out any more.
    if (!this.log.setsAside || !isTidemarkError(error) || this.isSettled(plan)) throw error;
    const position = error.code === 'job_code_threw' ? (error.params as ThrewParams).position : undefined;
    const why = whatIsWrong(error);
    if (position !== undefined) return this.leaveOut(plan, { timeline: plan.timeline, ...position, ...why });
    const next = SEARCHED.includes(error.code) ? await this.searchOn(plan, await read(), why) : undefined;
    if (next === undefined) throw error;
    return next;
  }

  /** The same of a batch of which only a part was run, and that has gone well. */
  async wentWell(plan: BatchPlan, input: BatchInput): Promise<RunAgain | Fenced> {
    const next = await this.searchOn(plan, input, undefined);
    if (next === undefined) throw new Error(`No record is looked for in batch ${plan.batchId}.`);
    return next;
  }

  /** @returns undefined where it is no record at which the batch fails. */
  private async searchOn(
    plan: BatchPlan,
    input: BatchInput,
    failed: PoisonSearch['why'] | undefined,
  ): Promise<RunAgain | Fenced | undefined> {
    const { batchId, timeline } = plan;
    const { sources } = this.remaining(plan, input);
    const result = afterProbe(this.logged.get(batchId)?.search, { failed, records: recordsIn(sources) });
    if (result.kind === 'not_found') return undefined;
    if (result.kind === 'search') {
      const noted = await this.log.noteSearch(plan, result.search);
      const { why } = result.search;
      return noted.outcome === 'fenced' ? noted : { outcome: 'run_again', batchId, without: undefined, why };
    }
    const position = positionOfRecord(sources, result.index);
    return position === undefined ? undefined : this.leaveOut(plan, { timeline, ...position, ...result.why });
  }

  private async leaveOut(plan: BatchPlan, without: SetAsideRecord): Promise<RunAgain | Fenced> {
    const { batchId } = plan;
    if (await this.isHeld(plan)) throw lostToCode(batchId, without);
    const ended = this.leftOutOf(plan).filter(({ hasEndedBatch }) => hasEndedBatch === true);
    const isRedriven = redrivenBy(plan);
    const again = ended.filter(isRedriven).length;
    const isAgain = isRedriven(without);
    if (!isAgain && ended.length - again >= POISON_ATTEMPTS_MAX)
      throw tooMany(batchId, `${POISON_ATTEMPTS_MAX} attempts at one batch, each without one more record`, without);
    const untried = isAgain && again + 1 >= REDRIVE_ATTEMPTS_MAX ? this.notTried(plan, without) : [];
    const records: readonly SetAsideRecord[] = [{ ...without, hasEndedBatch: true }, ...untried];
    const written = await this.log.setAside(plan, records, { isSettled: false });
    if (written.outcome !== 'set_aside') return written;
    const { code, reason } = without;
    return { outcome: 'run_again', batchId, without, why: { code, reason } };
  }

  /** What a batch re-drives beside this record, and still takes. */
  private notTried(plan: BatchPlan, { code, reason, ...last }: SetAsideRecord): readonly SetAsideRecord[] {
    const out = new Set([...this.leftOutOf(plan), last].map(recordKey));
    const why = `not tried, because others of the same batch have ended it: ${reason}`.slice(0, REASON_CHARS_MAX);
    return (plan.redriven ?? [])
      .filter((record) => !out.has(recordKey(record)))
      .map(({ bytes: _, ...record }) => ({ ...record, code, reason: why }));
  }

  /** Whether a sink has something of a batch. Nobody but a former run can have given it to one. */
  private async isHeld({ timeline, batchId }: BatchPlan): Promise<boolean> {
    if (!this.logged.has(batchId)) return false;
    return (await Promise.all(this.sinks.map((sink) => sink.holds({ timeline, batchId })))).includes(true);
  }

  private isSettled({ batchId }: BatchPlan): boolean {
    return this.logged.get(batchId)?.isSettled === true;
  }

  private leftOutOf({ batchId }: BatchPlan): readonly LeftOut[] {
    return this.logged.get(batchId)?.setAside ?? [];
  }
}

type ThrewParams = TidemarkError<'job_code_threw'>['params'];

function whatIsWrong(error: TidemarkError): PoisonSearch['why'] {
  if (error.code !== 'job_code_threw') return { code: error.code, reason: error.message.slice(0, REASON_CHARS_MAX) };
  const { reason, operator, at } = error.params as ThrewParams;
  return { code: error.code, reason: `${reason.slice(0, REASON_CHARS_MAX)} (thrown in ${operator} at ${at})` };
}

/** Tells the records that a batch reads again from those that it reads for the first time. */
function redrivenBy({ redriven = [] }: BatchPlan): (record: RecordPosition) => boolean {
  const keys = new Set(redriven.map(recordKey));
  return (record) => keys.has(recordKey(record));
}

/** Records that are read again come first: they are older than all else. */
function withRedriven({ redriven = [] }: BatchPlan, input: BatchInput): BatchInput {
  if (redriven.length === 0) return input;
  return input.map(({ uid, chunks }) => ({
    uid,
    chunks: [
      ...redriven
        .filter(({ source }) => source === uid)
        .map(({ partition, offset, timeline, bytes }) => ({
          ...{ partition, timeline, bytes: withNewline(bytes), offsetUnit: 'records' as const },
          range: { from: offset, to: offset + 1 },
        })),
      ...chunks,
    ],
  }));
}

/** Even an empty record is a line. */
function withNewline(record: Uint8Array): Uint8Array {
  const line = new Uint8Array(record.length + 1);
  line.set(record);
  line[record.length] = NEWLINE;
  return line;
}

function lostToCode(batchId: number, lost: Omit<SetAsideRecord, 'timeline' | 'code'>): TidemarkError {
  const { source, partition, offset, reason } = lost;
  return new TidemarkError('record_lost_to_code', { batchId, source, partition, offset, reason });
}

function tooMany(batchId: number, bound: string, last: SetAsideRecord | undefined): TidemarkError {
  const named = last === undefined ? {} : { last: `${last.source}/${last.partition}@${last.offset}: ${last.reason}` };
  return new TidemarkError('too_many_dead_letters', { batchId, bound, ...named });
}
