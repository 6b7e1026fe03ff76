import type { Constants } from './decoder-code.js';
import { emitFill } from './emit-fields.js';
import { emitObject } from './emit-object.js';
import { objectsOf, type ObjectPlan } from './field-plan.js';

/** Beyond, calls take the place of inline code. */
const INLINE_FIELDS_MAX = 24;

export function emitLine(plan: ObjectPlan, schema: string, constants: Constants): string {
  const count = objectsOf(plan).reduce((sum, { fields }) => sum + fields.length, 0);
  return `st = 0;
d$D: {
  d$F: {
    d$q = p;
    if (buf[d$q] !== 123) { d$q = rt.space(buf, d$q) | 0; if (buf[d$q] !== 123) break d$F; }
    ${emitObject(plan, constants, count > INLINE_FIELDS_MAX ? 'calls' : 'inline')}
    if (buf[d$q] !== 10) { d$q = rt.space(buf, d$q) | 0; if (buf[d$q] !== 10) break d$F; }
    p = d$q + 1;
    break d$D;
  }
  ${emitSlow(plan, schema)}
}`;
}

export function emitSlow(plan: ObjectPlan, schema: string): string {
  return `st = rt.slow(${schema}, buf, p) | 0; p = rt.at | 0;
  if (st === 0) { ${plan.fields.map(emitFill).join('\n')} }`;
}
