import type { Constants } from './decoder-code.js';
import { emitDefault, emitFill, emitReset } from './emit-fields.js';
import { emitSkip, emitValue, type CodeSize } from './emit-value.js';
import { masksOf, type FieldPlan } from './field-plan.js';
import { KeyIndex } from './key-index.js';
import { emitMatch } from './match-name.js';

/**
 * The members of a line are read in a loop that guesses each name from the one before it, as it was in the line before.
 * A guess is confirmed by comparing the bytes of `"name":`, four at a time; otherwise the name is looked up, and the
 * guess for next time corrected. `d$s` is 0 at the start, 2 (id + 1) behind a declared member, and odd if members that are
 * not declared came in between; `d$after` maps it to the next id, where the number of declared members stands for others.
 */
export function emitLine(plans: readonly FieldPlan[], schema: string, constants: Constants): string {
  const keys = constants.add(new KeyIndex(plans.map(({ member }) => member.name)));
  const after = constants.add(schemaOrder(plans.length));
  return `st = 0;
d$D: {
  d$F: {
    ${[...masksOf(plans).keys()].map((mask) => `${mask} = 0;`).join(' ')}
    ${plans.map(emitReset).join('\n')}
    d$q = p; d$s = 0;
    if (buf[d$q] !== 123) { d$q = rt.space(buf, d$q); if (buf[d$q] !== 123) break d$F; }
    if (buf[++d$q] <= 32) d$q = rt.space(buf, d$q);
    if (buf[d$q] === 125) d$q++;
    else for (;;) {
      ${emitMember(plans, constants, { keys, after })}
      ${emitBehindMember()}
    }
    if (buf[d$q] !== 10) { d$q = rt.space(buf, d$q); if (buf[d$q] !== 10) break d$F; }
    ${[...masksOf(plans)].map(([mask, full]) => `if (${mask} !== ${full}) break d$F;`).join(' ')}
    ${plans.map(emitDefault).join('\n')}
    p = d$q + 1;
    break d$D;
  }
  ${emitSlow(plans, schema)}
}`;
}

export function emitSlow(plans: readonly FieldPlan[], schema: string): string {
  return `st = rt.slow(${schema}, buf, p); p = rt.at;
  if (st === 0) { ${plans.map(emitFill).join('\n')} }`;
}

const INLINE_MEMBERS_MAX = 24;

/** The first guess: every declared member, in the schema's order. */
function schemaOrder(count: number): Uint16Array {
  const after = new Uint16Array(2 * (count + 1)).fill(count);
  for (let id = 0; id < count; id += 1) after[2 * id] = id;
  return after;
}

function emitMember(plans: readonly FieldPlan[], constants: Constants, names: { keys: string; after: string }): string {
  const { keys, after } = names;
  const size = plans.length > INLINE_MEMBERS_MAX ? 'calls' : 'inline';
  return `d$id = ${after}[d$s]; d$known = false;
    d$V: for (;;) {
      switch (d$id) {
        ${plans.map((plan) => emitCase(plan, constants, size)).join('\n')}
        default:
          if (!d$known) break;
          ${emitSpace()}
          ${emitSkip()}
          d$s |= 1;
          break d$V;
      }
      d$id = rt.key(${keys}, buf, d$q); if (d$id < 0) break d$F;
      d$q = rt.at; d$known = true; ${after}[d$s] = d$id;
    }`;
}

function emitCase(plan: FieldPlan, constants: Constants, size: CodeSize): string {
  return `case ${plan.id}:
    if (!d$known) { ${emitMatch(plan.member.name)} }
    ${emitSpace()}
    d$s = ${2 * (plan.id + 1)};
    ${emitValue(plan, constants, { done: 'break d$V;', size })}
    break d$V;`;
}

function emitSpace(): string {
  return 'if (buf[d$q] <= 32) d$q = rt.space(buf, d$q);';
}

function emitBehindMember(): string {
  return `d$c = buf[d$q];
      if (d$c <= 32) { d$q = rt.space(buf, d$q); d$c = buf[d$q]; }
      if (d$c === 125) { d$q++; break; }
      if (d$c !== 44) break d$F;
      if (buf[++d$q] <= 32) d$q = rt.space(buf, d$q);`;
}
