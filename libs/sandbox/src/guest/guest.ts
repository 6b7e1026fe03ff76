/**
 * Runs inside the isolate, before and around the tenant's code. It shares the tenant's globals, so it is no boundary: a
 * job that breaks what stands here breaks itself, and the host checks whatever comes out.
 *
 * Bytes go through two buffers that are shared with the process around the isolate: what comes in, and what goes out.
 */
import {
  checkDefinition,
  compileGraph,
  ConversionError,
  firstKeyOfBlock,
  type BatchFailure,
  type CheckedNode,
  type Program,
  type ProgramOutput,
  type StoredForm,
} from '@tidemark/engine';
import type { BlocksOf } from '../messages.js';
import { describeNodes } from './describe-nodes.js';
import { setUpGlobals } from './globals.js';

const { parse, stringify } = JSON;
const Bytes = Uint8Array;
const globals = setUpGlobals();
let program: Program | undefined;
let nodes: readonly CheckedNode[] = [];
let input: Uint8Array = new Bytes(0);
let output: Uint8Array = new Bytes(0);
/** What waits until the output buffer is long enough. */
let waiting: readonly Uint8Array[] = [];

/** What the child calls, each with strings and numbers in and strings out. */
const guest = {
  /** The buffer that holds what comes in, from now on. */
  attachInput(buffer: SharedArrayBuffer): void {
    input = new Bytes(buffer);
  },

  /** The buffer for what goes out, from now on; what waits for it is put there. */
  attachOutput(buffer: SharedArrayBuffer): void {
    output = new Bytes(buffer);
    putOut(waiting);
  },

  seed(seed: string): void {
    globals.startBatch({ seed, timeMs: 0 });
  },

  /** @returns the reply's header, and the sources in the order in which they are fed, with the text that each needs. */
  define(): readonly string[] {
    const exported: unknown = (globalThis as { tidemarkJob?: unknown }).tidemarkJob;
    const definition: unknown =
      typeof exported === 'object' && exported !== null ? (exported as { default?: unknown }).default : undefined;
    const checked = checkDefinition(definition);
    if (checked.outcome === 'invalid') return [stringify({ type: 'refused', problem: checked.problems[0] }), '[]'];
    program = compileGraph(checked.definition);
    nodes = checked.definition.nodes;
    return [stringify({ type: 'loaded', manifest: checked.manifest }), stringify(program.sources)];
  },

  definedNodes(): string {
    return stringify(describeNodes(nodes));
  },

  /** Applies the state block that lies in the input. @returns the reply's header. */
  restore(uid: string, length: number): string {
    return taken(() => {
      loaded().restore(uid, input.subarray(0, length));
    });
  },

  /** Makes of the state block that lies in the input one to be restored. @returns the reply's header, and its length. */
  convert(uid: string, form: string, length: number): readonly [header: string, bytes: number] {
    try {
      const block = loaded().convert(uid, JSON.parse(form) as StoredForm, input.subarray(0, length));
      if (block.length > BLOCK_BYTES_MAX) return [stringify(tooLarge(uid, block)), 0];
      return [stringify({ type: 'converted' }), putOut([block])];
    } catch (error) {
      const key = error instanceof ConversionError ? error.key : 'unknown';
      const reason = error instanceof Error ? error.message : String(error);
      return [stringify({ type: 'not_converted', key: key.slice(0, 200), reason: reason.slice(0, 1_000) }), 0];
    }
  },

  /** Takes the rows that lie in the input for the batch that is about to run. @returns the reply's header. */
  rows(uid: string, length: number): string {
    return taken(() => {
      cold().load(uid, input.subarray(0, length));
    });
  },

  elsewhere(uid: string, rows: number): string {
    return taken(() => {
      cold().holdElsewhere(uid, rows);
    });
  },

  beginLook(batchId: number, batchTimeMs: number, seed: string): void {
    globals.startBatch({ seed, timeMs: batchTimeMs });
    cold().beginLook({ batchId, batchTimeMs });
  },

  look(source: string, from: number, to: number, text: string): void {
    cold().look(source, { bytes: input, from, to, text });
  },

  /** What the job's code logged while it was looked at, it will log again. @returns the reply's header. */
  endLook(): string {
    globals.takeLog();
    return stringify({ type: 'looked' });
  },

  /** @param readAgain pairs of a source and how many of its first lines are records that are read again, as JSON */
  begin(batchId: number, batchTimeMs: number, seed: string, readAgain: string): void {
    globals.startBatch({ seed, timeMs: batchTimeMs });
    loaded().begin({ batchId, batchTimeMs, readAgain: new Map(parse(readAgain) as [string, number][]) });
  },

  /** Reads a piece of a source's input. @returns the reply's header if the batch has failed, otherwise nothing. */
  feed(source: string, from: number, to: number, text: string): string {
    const failure = loaded().feed(source, { bytes: input, from, to, text });
    return failure === undefined ? '' : failed(failure);
  },

  /** @returns the reply's header, and how many bytes the output has; more than its buffer holds wait for a longer one. */
  end(): readonly [header: string, bytes: number] {
    const result = loaded().end();
    return result.outcome === 'failed' ? [failed(result.failure), 0] : done(result);
  },

  freeze(kind: 'full' | 'delta'): string {
    loaded().freeze(kind);
    return stringify({ type: 'frozen' });
  },

  /** @returns the reply's header, and how many bytes the block has. */
  nextBlock(of: BlocksOf): readonly [header: string, bytes: number] {
    const block = of === 'snapshot' ? loaded().nextBlock() : of === 'missing' ? cold().missing() : cold().spilled();
    if (block === undefined) return [stringify({ type: 'end' }), 0];
    const { uid, rows, deleted, bytes } = block;
    // A block ends in time but for a single row.
    if (bytes.length > BLOCK_BYTES_MAX) return [stringify(tooLarge(uid, bytes)), 0];
    return [stringify({ type: 'block', uid, rows, deleted }), putOut([bytes])];
  },
};

export type Guest = typeof guest;

(globalThis as { tidemarkGuest?: Guest }).tidemarkGuest = guest;

function loaded(): Program {
  if (program === undefined) throw new RangeError('no job is loaded');
  return program;
}

/** What the state of one key may have at most: it must fit into a frame, with a header. */
const BLOCK_BYTES_MAX = 60 * 1024 * 1024;

function tooLarge(uid: string, bytes: Uint8Array): object {
  const what = `State of "${uid}" for key ${firstKeyOfBlock(bytes).slice(0, 200)}`;
  return { type: 'too_large', what, bytes: bytes.length };
}

function cold(): NonNullable<Program['cold']> {
  const { cold: side } = loaded();
  if (side === undefined) throw new RangeError('the state of this job lies in memory');
  return side;
}

function taken(take: () => void): string {
  try {
    take();
    return stringify({ type: 'restored' });
  } catch (error) {
    return stringify({ type: 'not_restored', reason: String(error).slice(0, 1_000) });
  }
}

const failed = (failure: BatchFailure): string => stringify({ type: 'failed', failure, log: globals.takeLog() });

function done({ sinks, outcome: _, ...rest }: ProgramOutput): readonly [string, number] {
  const described = sinks.map(({ uid, rows, bytes }) => ({ uid, rows, bytes: bytes.length }));
  const header = stringify({ type: 'done', sinks: described, ...rest, log: globals.takeLog() });
  return [header, putOut(sinks.map(({ bytes }) => bytes))];
}

/** Copies the pieces, one after the other, into the output if they fit; otherwise they wait. @returns their length. */
function putOut(pieces: readonly Uint8Array[]): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length > output.length) {
    waiting = pieces;
    return length;
  }
  let at = 0;
  for (const piece of pieces) {
    output.set(piece, at);
    at += piece.length;
  }
  waiting = [];
  return length;
}
