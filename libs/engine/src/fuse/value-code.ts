import { misuse } from '../graph/failure.js';
import { checkValue } from '../schema/check-value.js';
import { typeOfField } from '../schema/field-type.js';
import { parseSchema } from '../schema/parse-schema.js';
import { ANYTHING, type Member, type RecordSchema, type SchemaNode } from '../schema/schema.js';
import type { GeneratedCode } from './generated-code.js';
import type { RowCode } from './row-code.js';

/**
 * Checks what the job's code made by a schema, in generated code: `declare` are statements, `value` what goes on. Where no
 * member may be missing, that is the members in locals of known types, and an object only where somebody needs one.
 *
 * @param made a local with what the code made.
 */
export function valueBySchema(
  code: GeneratedCode,
  schema: unknown,
  made: string,
): { readonly declare: string; readonly value: RowCode['value'] } {
  const parsed = parseSchema(schema);
  if (parsed.outcome === 'invalid') throw new TypeError(parsed.reason);
  const check = code.constant(new ValueCheck(parsed.schema));
  if (parsed.schema.kind === 'record' && parsed.schema.members.every(isAlwaysThere)) {
    return membersBySchema(code, parsed.schema, made, check);
  }
  const value = code.local('value');
  return { declare: `const ${value} = ${check}.whole(${made});`, value: { kind: 'local', code: value } };
}

function membersBySchema(
  code: GeneratedCode,
  { members }: RecordSchema,
  made: string,
  check: string,
): ReturnType<typeof valueBySchema> {
  const declared = members.map((member, index) => {
    const { name } = member;
    const local = code.local('member');
    const test = quickTest(member, local);
    const declare =
      test === undefined
        ? `const ${local} = ${check}.member(${index}, ${made});`
        : `const ${local} = ${made}[${JSON.stringify(name)}];\nif (!(${test})) ${check}.refuse(${made});`;
    const isNumber = typeOfField(member).kind === 'number';
    return { declare, name, code: local, type: isNumber ? ('number' as const) : ('json' as const) };
  });
  return {
    declare: `if (typeof ${made} !== 'object' || ${made} === null || Array.isArray(${made})) ${check}.refuse(${made});
${declared.map(({ declare }) => declare).join('\n')}`,
    value: { kind: 'struct', members: declared.map(({ name, code: local, type }) => ({ name, code: local, type })) },
  };
}

const isAlwaysThere = ({ required, node }: Member): boolean => required || node.defaultText !== undefined;

/** An expression that says whether a member fits, where its type says it all. */
function quickTest(member: Member, local: string): string | undefined {
  const { kind, plain } = typeOfField(member);
  if (kind === 'json' || plain === undefined || plain.defaultText !== undefined || plain.accepts !== undefined) {
    return undefined;
  }
  if (kind !== 'number') return `typeof ${local} === '${kind}'`;
  const isAny = !plain.integer && plain.number === undefined;
  // NaN and the infinities are the numbers of which this is not 0.
  return isAny ? `typeof ${local} === 'number' && ${local} - ${local} === 0` : undefined;
}

/** Called by generated code. */
class ValueCheck {
  /** By member: the schema of an object of which it is all that is looked at. */
  private readonly members: readonly { readonly name: string; readonly node: SchemaNode }[];

  constructor(private readonly schema: { readonly node: SchemaNode; readonly members?: readonly Member[] }) {
    this.members = (schema.members ?? []).map((member) => ({ name: member.name, node: objectWith(member) }));
  }

  whole(made: unknown): unknown {
    return checked(this.schema, made);
  }

  member(index: number, made: unknown): unknown {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no member ${index}`);
    return (checked(member, made) as { readonly [name: string]: unknown })[member.name];
  }

  /** @param made does not fit. */
  refuse(made: unknown): never {
    checked(this.schema, made);
    throw misuse('it returned a value that its schema does not allow');
  }
}

function checked(schema: { readonly node: SchemaNode }, made: unknown): unknown {
  const found = checkValue(schema, made);
  if (!('reason' in found)) return found.value;
  throw misuse(`it returned a value that its schema does not allow: ${found.path}: ${found.reason}`);
}

const objectWith = (member: Member): SchemaNode => ({
  ...ANYTHING,
  object: {
    members: [member],
    requiredToo: [],
    additional: undefined,
    names: undefined,
    minProperties: undefined,
    maxProperties: undefined,
  },
});
