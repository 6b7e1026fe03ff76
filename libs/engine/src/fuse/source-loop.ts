import { SET_ASIDE_PER_BATCH_MAX, type Poison } from '@tidemark/domain';
import type { DecoderCode } from '../decode/decoder-code.js';
import { DecodeRuntime, LINE } from '../decode/decode-runtime.js';
import { generateDecoder } from '../decode/generate-decoder.js';
import type { CheckedNode } from '../graph/checked-definition.js';
import {
  OperatorFault,
  type FailedOperator,
  type LineRef,
  type SetAsideLine,
  type Whereabouts,
} from '../graph/failure.js';
import type { RowContext } from '../graph/operator.js';
import { parseSchema } from '../schema/parse-schema.js';
import type { FieldsNeeded } from './fields-needed.js';
import type { GeneratedCode, GeneratedFunction } from './generated-code.js';
import { RowBlock } from './row-block.js';
import type { FieldCode, RowCode } from './row-code.js';

/** How many skipped records are shown; all are counted. */
export const SKIPPED_SHOWN_MAX = 5;

/** Characters that are kept of why a record was set aside, and of all reasons of a batch before they are kept shorter. */
const REASON_CHARS = { each: 400, all: 100_000, beyond: 60 };

const NOTHING: ReadonlyMap<string, number> = new Map();

/** Counts a batch's records, and those that could not be read. Owner: the program. */
export class RecordCounter {
  records = 0;
  recordsSkipped = 0;
  readonly skipped: (LineRef & { readonly reason: string })[] = [];
  readonly setAside: SetAsideLine[] = [];
  private reasonChars = 0;

  constructor(
    private readonly poison: Poison,
    private readonly where: Whereabouts,
    /** How many of a source's first lines are records that are read again, by uid. */
    private readonly readAgain: ReadonlyMap<string, number> = NOTHING,
  ) {}

  /**
   * A record that cannot be read: ends the batch, is passed over, or is set aside, as the job's policy says. One that is read
   * again has a letter: it is not passed over.
   */
  refuse(reason: string): void {
    this.records += 1;
    const record = { source: this.where.source ?? '', line: this.where.line };
    if (this.poison === 'fail') throw new OperatorFault(() => ({ code: 'record_unreadable', record, reason }));
    if (this.poison === 'dead_letter' || record.line < (this.readAgain.get(record.source) ?? 0)) {
      this.leaveOut(reason);
      return;
    }
    this.recordsSkipped += 1;
    if (this.skipped.length < SKIPPED_SHOWN_MAX) this.skipped.push({ ...record, reason });
  }

  /** Sets the record that is being looked at aside. @param operator whose code threw */
  leaveOut(why: string, operator?: FailedOperator): void {
    const record = { source: this.where.source ?? '', line: this.where.line };
    const reason = why.slice(0, this.reasonChars < REASON_CHARS.all ? REASON_CHARS.each : REASON_CHARS.beyond);
    if (this.setAside.length >= SET_ASIDE_PER_BATCH_MAX)
      throw new OperatorFault(() => ({ code: 'too_many_dead_letters', record, reason }));
    this.reasonChars += reason.length;
    this.setAside.push({ ...record, reason, ...(operator === undefined ? {} : { operator }) });
  }
}

/**
 * The text that a source's loop wants beside the bytes: `latin1`, one character for each byte; `utf8`, decoded; or none.
 */
export type TextNeeded = 'none' | 'latin1' | 'utf8';

/** A piece of a source's input: whole lines, each with its newline. */
export interface InputPiece {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** The same as text, as the source's {@link TextNeeded} says. */
  readonly text: string;
}

export interface SourceLoop {
  readonly node: CheckedNode;
  readonly text: TextNeeded;
  /** Reads a piece and does with every record what the job does. */
  readonly function: GeneratedFunction<
    (buf: Uint8Array, from: number, end: number, text: string, context: RowContext, counter: RecordCounter) => void
  >;
}

/** A source without a schema: JSON documents, or lines of text. */
export function plainLoop(
  node: CheckedNode,
  code: GeneratedCode,
  where: Whereabouts,
  emitCode: (row: RowCode) => string,
): SourceLoop {
  const params = 'buf, p, end, text, context, counter';
  const isText = node.options['format'] === 'text';
  const body = (): string => {
    const [place, parse] = [code.constant(where), code.constant(isText ? lineOfText : parseLine)];
    const row: RowCode = {
      value: { kind: 'local', code: 'record' },
      key: undefined,
      time: 'context.batchTimeMs',
      context: 'context',
    };
    return `for (let from = 0; from < text.length;) {
const newline = text.indexOf('\\n', from);
const to = newline === -1 ? text.length : newline;
const record = ${parse}(text.slice(from, to), counter);
from = to + 1;
if (record !== undefined) {
${isText ? '' : 'counter.records += 1;'}
${emitCode(row)}
}
${place}.line += 1;
}`;
  };
  return { node, text: 'utf8', function: code.add(params, body) };
}

/** A source whose records have a schema: read by a decoder of its own, and only as far as the job looks at them. */
export function schemaLoop(
  node: CheckedNode,
  needs: FieldsNeeded,
  code: GeneratedCode,
  where: Whereabouts,
  emitCode: (row: RowCode) => string,
): SourceLoop {
  const parsed = parseSchema(node.schema);
  if (parsed.outcome === 'invalid') throw new TypeError(parsed.reason);
  const whole = needs.whole || parsed.schema.kind === 'value';
  const declared = new Set(parsed.schema.kind === 'record' ? parsed.schema.members.map(({ name }) => name) : []);
  const fields = [...needs.fields].filter((field) => declared.has(field));
  const decoder = generateDecoder({ schema: parsed.schema, fields, whole });
  const body = (): string => {
    const [place, runtime, constants] = code.constantsOf(where, new DecodeRuntime(), decoder.constants);
    const object = parsed.schema.kind === 'value' ? { kind: 'local' as const, code: 'record' } : undefined;
    const isFlat = fields.every((field) => decoder.saved(field) !== undefined);
    const block = object === undefined && (whole || isFlat) ? new RowBlock(code) : undefined;
    if (whole) block?.save([{ name: 'record', kind: 'value' }]);
    const row: RowCode = {
      value: object ?? {
        kind: 'record',
        fields: (name) => (declared.has(name) ? fieldCode(decoder, name, { whole, block }) : UNDECLARED),
        object: whole ? 'record' : undefined,
      },
      key: undefined,
      time: 'context.batchTimeMs',
      context: 'context',
    };
    const parts = {
      isRow: `st === ${LINE.record}`,
      read: `${decoder.decodeLine}
${whole ? `if (st === ${LINE.record}) record = ${decoder.object};` : ''}`,
      work: `counter.records += 1;
${emitCode(row)}
${place}.line += 1;`,
      otherwise: `if (st === ${LINE.refused}) counter.refuse(rt.reason);
${place}.line += 1;`,
    };
    return `const K = ${constants}, rt = ${runtime};
const text = latin1 === '' ? undefined : latin1, textFrom = p;
${decoder.locals}
${whole ? 'let record;' : ''}
${block?.isUseful === true ? block.loop(parts) : rowByRow(parts)}`;
  };
  const text = whole ? 'latin1' : 'none';
  return { node, text, function: code.add('buf, p, end, latin1, context, counter', body) };
}

const rowByRow = ({ read, isRow, work, otherwise }: Parameters<RowBlock['loop']>[0]): string =>
  `while (p < end) {
${read}
if (${isRow}) {
${work}
} else {
${otherwise}
}
}`;

/** What the schema does not declare, the job does not see. */
const UNDECLARED: FieldCode = { kind: 'value', code: 'undefined', type: 'json' };

function fieldCode(
  decoder: DecoderCode,
  name: string,
  { whole, block }: { readonly whole: boolean; readonly block: RowBlock | undefined },
): FieldCode {
  const saved = decoder.saved(name);
  // An object within the record is there with the whole.
  if (saved === undefined && whole) return { kind: 'value', code: `record[${JSON.stringify(name)}]`, type: 'json' };
  block?.save(saved ?? []);
  const field = decoder.field(name);
  if (field.kind !== 'string') return { kind: 'value', code: field.code, type: field.kind };
  const { start, end, plain, code } = field;
  const bytes = { kind: 'bytes', start, end, plain, code } as const;
  return block === undefined ? bytes : { ...bytes, lookUp: (table) => block.lookUp(bytes, table) };
}

function lineOfText(line: string, counter: RecordCounter): string {
  counter.records += 1;
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A record, or undefined for a blank line or one that cannot be read: JSON has no undefined. */
function parseLine(line: string, counter: RecordCounter): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    if (line.trim() !== '') counter.refuse((error as Error).message.slice(0, 300));
    return undefined;
  }
}
