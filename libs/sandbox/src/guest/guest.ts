/**
 * Runs inside the isolate, before and around the tenant's code. It shares the tenant's globals, so it is no boundary: a
 * job that breaks what stands here breaks itself, and the host checks whatever comes out.
 */
import { checkDefinition, compileGraph, type Program } from '@tidemark/engine';
import { readRows, rowText } from '../state-rows.js';
import { setUpGlobals } from './globals.js';

const { parse, stringify } = JSON;
const globals = setUpGlobals();
let program: Program | undefined;

/** About how much text of state goes into one frame. */
const ROWS_CHARS = 1_000_000;
/** More text than this fits into no frame if its characters take three bytes each. */
const TEXT_CHARS_MAX = 20_000_000;

let pending: Iterator<RowsPiece> | undefined;

interface RowsPiece {
  readonly uid: string;
  readonly rows: number;
  readonly text: string;
}

/** What the child calls, each with strings in and strings out. */
const guest = {
  seed(seed: string): void {
    globals.startBatch({ seed, timeMs: 0 });
  },

  /** @returns the reply's header. */
  define(): string {
    const exported: unknown = (globalThis as { tidemarkJob?: unknown }).tidemarkJob;
    const definition: unknown =
      typeof exported === 'object' && exported !== null ? (exported as { default?: unknown }).default : undefined;
    const checked = checkDefinition(definition);
    if (checked.outcome === 'invalid') return stringify({ type: 'refused', problem: checked.problems[0] });
    program = compileGraph(checked.definition);
    return stringify({ type: 'loaded', manifest: checked.manifest });
  },

  /** @returns the reply's header. */
  restore(uid: string, text: string): string {
    try {
      const rows = readRows(text);
      if (rows === undefined) throw new TypeError('the rows are garbled');
      loaded().restore(uid, rows);
      return stringify({ type: 'restored', rows: rows.length });
    } catch (error) {
      return stringify({ type: 'not_restored', reason: String(error).slice(0, 1_000) });
    }
  },

  /** @returns the reply's header, without lengths, and then the text of each sink in it. */
  run(requestText: string, ...texts: readonly string[]): readonly string[] {
    const request = parse(requestText) as {
      readonly batchId: number;
      readonly batchTimeMs: number;
      readonly seed: string;
      readonly sources: readonly { readonly uid: string }[];
    };
    const { batchId, batchTimeMs, seed } = request;
    globals.startBatch({ seed, timeMs: batchTimeMs });
    const sources = request.sources.map(({ uid }, index) => ({ uid, text: texts[index] ?? '' }));
    const result = loaded().run({ batchId, batchTimeMs, sources });
    const log = globals.takeLog();
    if (result.outcome === 'failed') return [stringify({ type: 'failed', failure: result.failure, log })];
    const { sinks, recordsIn, recordsSkipped, skipped, stateKeys } = result;
    const header = {
      type: 'done',
      sinks: sinks.map(({ uid, rows }) => ({ uid, rows })),
      recordsIn,
      recordsSkipped,
      skipped,
      stateKeys,
      log,
    };
    return [stringify(header), ...sinks.map(({ text }) => text)];
  },

  startSnapshot(): void {
    pending = rowsInPieces(loaded());
  },

  /** @returns the reply's header, and the text of the rows it counts. */
  nextRows(): readonly string[] {
    const next = pending?.next();
    if (next === undefined || next.done === true) return [stringify({ type: 'end' })];
    const { uid, rows, text } = next.value;
    if (text.length > TEXT_CHARS_MAX)
      return [stringify({ type: 'too_large', what: `State of "${uid}"`, bytes: text.length })];
    return [stringify({ type: 'rows', uid, rows }), text];
  },
};

export type Guest = typeof guest;

(globalThis as { tidemarkGuest?: Guest }).tidemarkGuest = guest;

function loaded(): Program {
  if (program === undefined) throw new RangeError('no job is loaded');
  return program;
}

function* rowsInPieces(job: Program): Generator<RowsPiece, undefined> {
  for (const { uid, rows } of job.snapshot()) {
    let text = '';
    let count = 0;
    for (const row of rows) {
      text += rowText(row);
      count += 1;
      if (text.length < ROWS_CHARS) continue;
      yield { uid, rows: count, text };
      text = '';
      count = 0;
    }
    if (count > 0) yield { uid, rows: count, text };
  }
}
