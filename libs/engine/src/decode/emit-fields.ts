import type { FieldCode, SavedLocal } from './decoder-code.js';
import { NAME_BYTES_MAX } from './match-name.js';
import { valueCode } from './emit-value.js';
import { LOCAL, masksOf, objectsOf, type FieldPlan, type ObjectPlan } from './field-plan.js';

export function emitLocals(plan: ObjectPlan): string {
  return [
    'let st = 0, d$q = 0, d$c = 0, d$i = 0, d$j = 0, d$w = 0, d$x = 0, d$o;',
    'const d$view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength), d$plain = rt.endsPlain, d$ten = rt.powersOf10;',
    `const d$last = buf.length - ${NAME_BYTES_MAX};`,
    ...objectsOf(plan).flatMap(({ id, fields }) => [
      `let d$s_${id} = 0, d$i_${id} = 0, d$k_${id} = false, d$o_${id};`,
      ...[...masksOf(fields).keys()].map((mask) => `let ${mask} = 0;`),
      ...fields.map(localsOf),
    ]),
  ].join('\n');
}

function localsOf({ id, plain, tracked, inner }: FieldPlan): string {
  if (inner !== undefined) return `let ${LOCAL.presence(id)} = 0, ${LOCAL.json(id)};`;
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

/** See `DecoderCode.saved`. */
export function savedLocals({ id, plain, tracked, inner }: FieldPlan): readonly SavedLocal[] | undefined {
  if (inner !== undefined) return undefined;
  if (plain === undefined) return [{ name: LOCAL.json(id), kind: 'value' }];
  const presence: readonly SavedLocal[] = tracked ? [{ name: LOCAL.presence(id), kind: 'integer' }] : [];
  switch (plain.type) {
    case 'number':
      return [...presence, { name: LOCAL.number(id), kind: 'number' }];
    case 'boolean':
      return [...presence, { name: LOCAL.boolean(id), kind: 'boolean' }];
    case 'string':
      return [
        ...presence,
        { name: LOCAL.start(id), kind: 'integer' },
        { name: LOCAL.end(id), kind: 'integer' },
        { name: LOCAL.plain(id), kind: 'boolean' },
        { name: LOCAL.text(id), kind: 'value', when: `${LOCAL.start(id)} < 0` },
      ];
  }
}

/** What a member is before its line is read; nothing for one that will be there in any case. */
export function emitReset({ id, plain, tracked, member, inner }: FieldPlan): string {
  if (inner !== undefined) return `${LOCAL.presence(id)} = 0;`;
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
export function emitFill({ id, plain, tracked, member, wanted, inner }: FieldPlan): string {
  if (!wanted) return '';
  const value = `rt.member(${JSON.stringify(member.name)})`;
  if (inner !== undefined) {
    return `${LOCAL.json(id)} = ${value}; ${LOCAL.presence(id)} = ${LOCAL.json(id)} === undefined ? 0 : 3;`;
  }
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
  const { id, plain, tracked, inner } = plan;
  const h = LOCAL.presence(id);
  if (inner !== undefined) {
    const other = `${h} === 3 ? ${LOCAL.json(id)} : ${h} === 2 ? null : undefined`;
    return `(${h} === 1 ? ${objectCode(inner)} : ${other})`;
  }
  if (plain === undefined) return LOCAL.json(id);
  if (!tracked) return valueCode(plan);
  return `(${h} === 1 ? ${valueCode(plan)} : ${h} === 2 ? null : undefined)`;
}

/** One literal as far as members are there in any case, so that objects of a source have few shapes. */
export function objectCode({ id, fields: plans }: ObjectPlan): string {
  const object = `d$o_${id}`;
  const firstOptional = plans.findIndex(isOptional);
  const always = firstOptional === -1 ? plans : plans.slice(0, firstOptional);
  const literal = `{ ${always.map((plan) => `${nameCode(plan)}: ${memberCode(plan)}`).join(', ')} }`;
  if (firstOptional === -1) return `(${literal})`;
  const rest = plans.slice(firstOptional).map((plan) => {
    const set = `(${object}[${nameCode(plan)}] = ${memberCode(plan)})`;
    if (!isOptional(plan)) return set;
    return plan.tracked
      ? `${LOCAL.presence(plan.id)} !== 0 && ${set}`
      : `${LOCAL.json(plan.id)} !== undefined && ${set}`;
  });
  return `(${object} = ${literal}, ${rest.join(', ')}, ${object})`;
}

function isOptional({ member }: FieldPlan): boolean {
  return !member.required && member.node.defaultText === undefined;
}

function nameCode({ member }: FieldPlan): string {
  return JSON.stringify(member.name);
}
