import type { NumberRules } from '../schema/schema.js';
import { hasOnly } from '../schema/simplify.js';
import { LOCAL, type FieldPlan } from './field-plan.js';
import type { Constants } from './decoder-code.js';

/*
 * Each piece reads the value at `d$q`, stores it, and moves `d$q` behind it. What it does not like, it leaves to
 * JSON.parse by `break d$F`: also what is wrong, for the sentence that says why is written in one place.
 */

/** V8 never optimises a function beyond 60 kB of byte code: a decoder of many members is made of calls. */
export type CodeSize = 'inline' | 'calls';

/** A value of plain type. */
export function emitPlain(plan: FieldPlan, constants: Constants, size: CodeSize): string {
  const { plain } = plan;
  if (plain === undefined) return '';
  const accepts = plain.accepts === undefined ? undefined : constants.add(plain.accepts);
  return `${EMIT_PLAIN[size][plain.type](plan)}
    ${accepts === undefined ? '' : `if (!${accepts}(${valueCode(plan)})) break d$F;`}`;
}

const EMIT_PLAIN = {
  inline: { number: emitNumber, string: emitString, boolean: emitBoolean },
  calls: { number: emitNumberCall, string: emitStringCall, boolean: emitBoolean },
} as const;

function emitNumberCall({ id, plain }: FieldPlan): string {
  const n = LOCAL.number(id);
  const whole = plain?.integer === true ? `if (!Number.isInteger(${n})) break d$F;` : '';
  return `${n} = +rt.number(buf, d$q); if (${n} !== ${n}) break d$F; d$q = rt.at | 0;
    ${whole} ${emitRange(n, plain?.number)}`;
}

function emitStringCall({ id }: FieldPlan): string {
  return `if (buf[d$q] !== 34) break d$F;
    ${LOCAL.start(id)} = d$q + 1; d$q = rt.string(buf, d$q + 1) | 0; if (d$q < 0) break d$F;
    ${LOCAL.plain(id)} = rt.plain; ${LOCAL.end(id)} = d$q++;`;
}

/**
 * Up to 18 digits in two halves that are small integers. 10^9 is 2^9 times a number of 21 bits, so the upper half times
 * 10^9 is exact, and adding the lower half rounds once, to the nearest double.
 */
function emitNumber({ id, plain }: FieldPlan): string {
  const n = LOCAL.number(id);
  const whole = plain?.integer === true ? `if (!Number.isInteger(${n})) break d$F;` : '';
  return `d$i = d$q; d$w = 0; d$c = buf[d$q] - 48;
    while (d$c >= 0 && d$c <= 9 && d$q - d$i < 9) { d$w = (d$w * 10 + d$c) | 0; d$c = buf[++d$q] - 48; }
    ${n} = d$w;
    if (d$q - d$i === 9 && d$c >= 0 && d$c <= 9) {
      d$j = d$q; d$w = 0;
      while (d$c >= 0 && d$c <= 9 && d$q - d$j < 9) { d$w = (d$w * 10 + d$c) | 0; d$c = buf[++d$q] - 48; }
      ${n} = ${n} * d$ten[d$q - d$j] + d$w;
    }
    if ((d$c !== -4 && d$c !== 77) || d$q === d$i || (buf[d$i] === 48 && d$q - d$i > 1)) {
      ${n} = +rt.number(buf, d$i); if (${n} !== ${n}) break d$F;
      d$q = rt.at | 0; ${whole}
    }
    ${emitRange(n, plain?.number)}`;
}

function emitRange(n: string, rules: NumberRules | undefined): string {
  const checks = [
    rules?.minimum === undefined ? [] : `${n} < ${rules.minimum}`,
    rules?.maximum === undefined ? [] : `${n} > ${rules.maximum}`,
    rules?.exclusiveMinimum === undefined ? [] : `${n} <= ${rules.exclusiveMinimum}`,
    rules?.exclusiveMaximum === undefined ? [] : `${n} >= ${rules.exclusiveMaximum}`,
  ].flat();
  return checks.length === 0 ? '' : `if (${checks.join(' || ')}) break d$F;`;
}

function emitString({ id }: FieldPlan): string {
  return `if (buf[d$q] !== 34) break d$F;
    ${LOCAL.start(id)} = ++d$q; ${LOCAL.plain(id)} = true;
    while (d$plain[buf[d$q]] === 0) d$q++;
    if (buf[d$q] !== 34) {
      d$q = rt.restOfString(buf, d$q) | 0; if (d$q < 0) break d$F;
      ${LOCAL.plain(id)} = false;
    }
    ${LOCAL.end(id)} = d$q++;`;
}

function emitBoolean({ id }: FieldPlan): string {
  const b = LOCAL.boolean(id);
  return `if (buf[d$q] === 116) ${b} = true; else if (buf[d$q] === 102) ${b} = false; else break d$F;
    d$q = rt.word(buf, d$q) | 0; if (d$q < 0) break d$F;`;
}

/** A value that JSON.parse reads. */
export function emitJson({ id, member, wanted }: FieldPlan, constants: Constants): string {
  if (!wanted && hasOnly(member.node, ['defaultText'])) return emitSkip('rt.number(buf, d$q)');
  const v = LOCAL.json(id);
  return `d$i = d$q; d$q = rt.skipValue(buf, d$q) | 0; if (d$q < 0) break d$F;
    ${v} = rt.json(${constants.add(member.node)}, buf, d$i, d$q); if (${v} === rt.invalid) break d$F;`;
}

/** @param number reads a number of a declared member: it has to be finite. */
export function emitSkip(number?: string): string {
  const finite = `else if (buf[d$q] === 45 || (buf[d$q] >= 48 && buf[d$q] <= 57)) {
      d$x = ${number ?? ''}; if (d$x !== d$x) break d$F; d$q = rt.at | 0;
    }`;
  return `if (buf[d$q] === 34) {
      d$q++; while (d$plain[buf[d$q]] === 0) d$q++;
      if (buf[d$q] !== 34) { d$q = rt.restOfString(buf, d$q) | 0; if (d$q < 0) break d$F; }
      d$q++;
    } ${number === undefined ? '' : finite} else { d$q = rt.skipValue(buf, d$q) | 0; if (d$q < 0) break d$F; }`;
}

/** The value of a member of plain type that is there and not null. */
export function valueCode({ plain, id }: FieldPlan): string {
  if (plain?.type === 'number') return LOCAL.number(id);
  if (plain?.type === 'boolean') return LOCAL.boolean(id);
  const [s, e, isPlain] = [LOCAL.start(id), LOCAL.end(id), LOCAL.plain(id)];
  return `(${s} < 0 ? ${LOCAL.text(id)} : !${isPlain} ? rt.text(buf, ${s}, ${e}) : text !== undefined ?
    text.substring(${s} - textFrom, ${e} - textFrom) : rt.ascii(buf, ${s}, ${e}))`;
}
