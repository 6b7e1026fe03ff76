import type { RecordSchema, ValueSchema } from '../schema/schema.js';
import { Constants, type DecoderCode } from './decoder-code.js';
import { emitLine, emitSlow } from './emit-line.js';
import { emitLocals, objectCode, fieldCode, savedLocals } from './emit-fields.js';
import { planObject, type FieldPlan, type ObjectPlan } from './field-plan.js';

export interface DecoderRequest {
  readonly schema: RecordSchema | ValueSchema;
  /** The members whose values are asked for by {@link DecoderCode.field}. */
  readonly fields: readonly string[];
  /** {@link DecoderCode.object} is asked for. */
  readonly whole: boolean;
}

/**
 * Writes a decoder for lines of JSON. Its outcome is, for every line, that of JSON.parse and `checkValue`; it is fast
 * for objects whose declared members have plain types, and fastest when the order of members seldom changes.
 *
 * In scope of the code are: `buf`, the batch's bytes, valid UTF-8; `text`, either undefined or a Latin-1 view of `buf`,
 * so that `text.charCodeAt(i - textFrom) === buf[i]`; `p`, the first byte of a line that ends with a newline before the
 * end of `buf`; `K`, the constants; `rt`, a DecodeRuntime. After `decodeLine`, `p` is behind the newline, and `st` says
 * what the line was: see `LINE`. Of a refused one, `rt.reason` says why.
 */
export function generateDecoder({ schema, fields, whole }: DecoderRequest): DecoderCode {
  const constants = new Constants();
  const node = constants.add(schema);
  if (schema.kind === 'value') {
    return {
      locals: `${constants.locals}\nlet st = 0;`,
      decodeLine: `st = rt.slow(${node}, buf, p) | 0; p = rt.at | 0;`,
      field: unknownField,
      object: 'rt.value',
      saved: unknownField,
      constants: constants.values,
    };
  }
  const wanted = new Set(fields);
  const isLarge = schema.members.length > SCANNED_MEMBERS_MAX;
  const plan = planObject(schema.members, (name) => (whole && !isLarge) || wanted.has(name));
  const decodeLine = isLarge ? emitSlow(plan, node) : emitLine(plan, node, constants);
  const locals = emitLocals(plan);
  const object = isLarge ? 'rt.value' : objectCode(plan);
  return {
    locals: `${constants.locals}\n${locals}`,
    decodeLine,
    field: (name) => fieldCode(wantedField(plan, name)),
    object,
    saved: (name) => savedLocals(wantedField(plan, name)),
    constants: constants.values,
  };
}

/**
 * The code of a member is up to 500 bytes of byte code, and V8 never optimises a function of more than 60 kB, which the
 * rest of the loop also needs. Records of more members are read by JSON.parse.
 */
const SCANNED_MEMBERS_MAX = 80;

function wantedField({ fields }: ObjectPlan, name: string): FieldPlan {
  const plan = fields.find(({ member }) => member.name === name);
  return plan?.wanted === true ? plan : unknownField(name);
}

function unknownField(name: string): never {
  throw new RangeError(`the decoder was not asked for ${JSON.stringify(name)}`);
}
