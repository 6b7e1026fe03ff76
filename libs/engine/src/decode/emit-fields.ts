import type { FieldCode } from './decoder-code.js';
import { NAME_BYTES_MAX } from './match-name.js';
import { valueCode } from './emit-value.js';
import { LOCAL, masksOf, type FieldPlan } from './field-plan.js';

export function emitLocals(plans: readonly FieldPlan[]): string {
  return [
    'let st = 0, d$q = 0, d$c = 0, d$i = 0, d$j = 0, d$w = 0, d$x = 0, d$s = 0, d$id = 0, d$known = false, d$o;',
    'const d$view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength), d$plain = rt.endsPlain, d$ten = rt.powersOf10;',
    `const d$last = buf.length - ${NAME_BYTES_MAX};`,
    ...[...masksOf(plans).keys()].map((mask) => `let ${mask} = 0;`),
    ...plans.map(localsOf),
  ].join('\n');
}

function localsOf({ id, plain, tracked }: FieldPlan): string {
  if (plain === undefined) return `let ${LOCAL.json(id)};`;
  const presence = tracked ? `let ${LOCAL.presence(id)} = 0;` : '';
  switch (plain.type) {
    case 'number':
      return `${presence} let ${LOCAL.number(id)} = 0;`;
    case 'boolean':
      return `${presence} let ${LOCAL.boolean(id)} = false;`;
    case 'string':
      return `${presence} let ${LOCAL.start(id)} = 0, ${LOCAL.end(id)} = 0, ${LOCAL.plain(id)} = false, ${LOCAL.text(id)} = '';`;
  }
}

/** What a member is before its line is read; nothing for one that will be there in any case. */
export function emitReset({ id, plain, tracked, member }: FieldPlan): string {
  const { defaultText } = member.node;
  if (plain === undefined) return member.required && defaultText === undefined ? '' : `${LOCAL.json(id)} = undefined;`;
  if (defaultText === undefined) return tracked ? `${LOCAL.presence(id)} = 0;` : '';
  return `${tracked ? `${LOCAL.presence(id)} = 1;` : ''} ${setPlain(id, plain.type, defaultText)}`;
}

/** After the last member of a line. */
export function emitDefault({ id, plain, member, wanted }: FieldPlan): string {
  const { defaultText } = member.node;
  if (plain !== undefined || defaultText === undefined || !wanted) return '';
  return `if (${LOCAL.json(id)} === undefined) ${LOCAL.json(id)} = rt.fresh(${JSON.stringify(defaultText)});`;
}

/** From what JSON.parse and the schema gave. */
export function emitFill({ id, plain, tracked, member, wanted }: FieldPlan): string {
  if (!wanted) return '';
  const value = `rt.member(${JSON.stringify(member.name)})`;
  if (plain === undefined) return `${LOCAL.json(id)} = ${value};`;
  if (!tracked) return setPlain(id, plain.type, value);
  const set = setPlain(id, plain.type, 'd$o');
  return `d$o = ${value}; ${LOCAL.presence(id)} = d$o === undefined ? 0 : d$o === null ? 2 : 1;
    if (${LOCAL.presence(id)} === 1) { ${set} }`;
}

function setPlain(id: number, type: 'number' | 'string' | 'boolean', value: string): string {
  if (type === 'string') return `${LOCAL.start(id)} = -1; ${LOCAL.plain(id)} = false; ${LOCAL.text(id)} = ${value};`;
  return `${LOCAL[type](id)} = ${value};`;
}

export function fieldCode(plan: FieldPlan): FieldCode {
  const { id, kind } = plan;
  const code = memberCode(plan);
  if (kind !== 'string') return { kind, code };
  return { kind, code, start: LOCAL.start(id), end: LOCAL.end(id), text: LOCAL.text(id), plain: LOCAL.plain(id) };
}

function memberCode(plan: FieldPlan): string {
  const { id, plain, tracked } = plan;
  if (plain === undefined) return LOCAL.json(id);
  if (!tracked) return valueCode(plan);
  const h = LOCAL.presence(id);
  return `(${h} === 1 ? ${valueCode(plan)} : ${h} === 2 ? null : undefined)`;
}

/** One literal as far as members are there in any case, so that objects of a source have few shapes. */
export function objectCode(plans: readonly FieldPlan[]): string {
  const firstOptional = plans.findIndex(isOptional);
  const always = firstOptional === -1 ? plans : plans.slice(0, firstOptional);
  const literal = `{ ${always.map((plan) => `${nameCode(plan)}: ${memberCode(plan)}`).join(', ')} }`;
  if (firstOptional === -1) return `(${literal})`;
  const rest = plans.slice(firstOptional).map((plan) => {
    const set = `(d$o[${nameCode(plan)}] = ${memberCode(plan)})`;
    if (!isOptional(plan)) return set;
    return plan.tracked
      ? `${LOCAL.presence(plan.id)} !== 0 && ${set}`
      : `${LOCAL.json(plan.id)} !== undefined && ${set}`;
  });
  return `(d$o = ${literal}, ${rest.join(', ')}, d$o)`;
}

function isOptional({ member }: FieldPlan): boolean {
  return !member.required && member.node.defaultText === undefined;
}

function nameCode({ member }: FieldPlan): string {
  return JSON.stringify(member.name);
}
