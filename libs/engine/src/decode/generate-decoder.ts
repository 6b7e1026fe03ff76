import type { RecordSchema, ValueSchema } from '../schema/schema.js';
import { Constants, type DecoderCode, type FieldCode } from './decoder-code.js';
import { emitLine } from './emit-line.js';
import { emitLocals, objectCode, fieldCode } from './emit-fields.js';
import { planFields, type FieldPlan } from './field-plan.js';

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
      decodeLine: `st = rt.slow(${node}, buf, p); p = rt.at;`,
      field: unknownField,
      object: 'rt.value',
      constants: constants.values,
    };
  }
  const wanted = new Set(fields);
  const plans = planFields(schema.members, (name) => whole || wanted.has(name));
  const decodeLine = emitLine(plans, node, constants);
  const locals = emitLocals(plans);
  const object = objectCode(plans);
  return {
    locals: `${constants.locals}\n${locals}`,
    decodeLine,
    field: (name) => fieldNamed(plans, name),
    object,
    constants: constants.values,
  };
}

function fieldNamed(plans: readonly FieldPlan[], name: string): FieldCode {
  const plan = plans.find(({ member }) => member.name === name);
  return plan?.wanted === true ? fieldCode(plan) : unknownField(name);
}

function unknownField(name: string): never {
  throw new Error(`the decoder was not asked for ${JSON.stringify(name)}`);
}
