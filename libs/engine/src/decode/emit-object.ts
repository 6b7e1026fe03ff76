import type { Constants } from './decoder-code.js';
import { emitDefault, emitReset } from './emit-fields.js';
import { emitPlain, emitJson, emitSkip, type CodeSize } from './emit-value.js';
import { LOCAL, masksOf, type FieldPlan, type ObjectPlan } from './field-plan.js';
import { KeyIndex } from './key-index.js';
import { emitMatch } from './match-name.js';

/**
 * Reads an object whose brace is at `d$q`. Its members are read in a loop that guesses each name from the one before it,
 * as it was in the object before. A guess is confirmed by comparing the bytes of `"name":`, four at a time; otherwise the
 * name is looked up, and the guess for next time corrected. `state` is 0 at the start, 2 (index + 1) behind a declared
 * member, and odd if members that are not declared came in between; `after` maps it to the next index, where the number
 * of declared members stands for others.
 */
export function emitObject(plan: ObjectPlan, constants: Constants, size: CodeSize): string {
  const masks = [...masksOf(plan.fields)];
  const loop: Loop = {
    plan,
    constants,
    size,
    state: `d$s_${plan.id}`,
    index: `d$i_${plan.id}`,
    known: `d$k_${plan.id}`,
    done: `break d$V${plan.id};`,
    keys: constants.add(new KeyIndex(plan.fields.map(({ member }) => member.name))),
    after: constants.add(schemaOrder(plan.fields.length)),
  };
  return `${masks.map(([mask]) => `${mask} = 0;`).join(' ')}
    ${plan.fields.map(emitReset).join('\n')}
    ${loop.state} = 0;
    if (buf[++d$q] <= 32) d$q = rt.space(buf, d$q) | 0;
    if (buf[d$q] === 125) d$q++;
    else for (;;) {
      ${emitMember(loop)}
      d$c = buf[d$q];
      if (d$c <= 32) { d$q = rt.space(buf, d$q) | 0; d$c = buf[d$q]; }
      if (d$c === 125) { d$q++; break; }
      if (d$c !== 44) break d$F;
      if (buf[++d$q] <= 32) d$q = rt.space(buf, d$q) | 0;
    }
    ${masks.map(([mask, full]) => `if (${mask} !== ${full}) break d$F;`).join(' ')}
    ${plan.fields.map(emitDefault).join('\n')}`;
}

/** Names of the locals of one object's loop, and what its code is made with. */
interface Loop {
  readonly plan: ObjectPlan;
  readonly constants: Constants;
  readonly size: CodeSize;
  readonly state: string;
  readonly index: string;
  readonly known: string;
  readonly keys: string;
  readonly after: string;
  /** Leaves the member that has been read. */
  readonly done: string;
}

/** The first guess: every declared member, in the schema's order. */
function schemaOrder(count: number): Uint16Array {
  const after = new Uint16Array(2 * (count + 1)).fill(count);
  for (let index = 0; index < count; index += 1) after[2 * index] = index;
  return after;
}

function emitMember(loop: Loop): string {
  const { plan, state, index, known, keys, after, done } = loop;
  return `${index} = ${after}[${state}]; ${known} = false;
    d$V${plan.id}: for (;;) {
      switch (${index}) {
        ${plan.fields.map((field) => emitCase(field, loop)).join('\n')}
        default:
          if (!${known}) break;
          ${SPACE}
          ${emitSkip()}
          ${state} |= 1;
          ${done}
      }
      ${index} = rt.key(${keys}, buf, d$q) | 0; if (${index} < 0) break d$F;
      d$q = rt.at | 0; ${known} = true; ${after}[${state}] = ${index};
    }`;
}

const SPACE = 'if (buf[d$q] <= 32) d$q = rt.space(buf, d$q) | 0;';

function emitCase(field: FieldPlan, loop: Loop): string {
  return `case ${field.index}:
    if (!${loop.known}) { ${emitMatch(field.member.name)} }
    ${SPACE}
    ${loop.state} = ${2 * (field.index + 1)};
    ${field.bit === undefined ? '' : `${field.bit.mask} |= ${field.bit.value};`}
    ${emitValue(field, loop)}
    ${loop.done}`;
}

function emitValue(field: FieldPlan, { constants, size, done }: Loop): string {
  const { inner, plain, member, id } = field;
  if (inner === undefined && plain === undefined) return emitJson(field, constants);
  const nullable = member.node.types?.has('null') === true;
  const isNull = `if (buf[d$q] === 110) {
      d$q = rt.word(buf, d$q) | 0; if (d$q < 0) break d$F;
      ${LOCAL.presence(id)} = 2; ${done}
    }`;
  return `${nullable ? isNull : ''}
    ${inner === undefined ? emitPlain(field, constants, size) : emitInner(inner, constants, size)}
    ${field.tracked ? `${LOCAL.presence(id)} = 1;` : ''}`;
}

function emitInner(inner: ObjectPlan, constants: Constants, size: CodeSize): string {
  return `if (buf[d$q] !== 123) break d$F;
    ${emitObject(inner, constants, size)}`;
}
