import { seededNumbers } from '@tidemark/domain';

/** Lines that are nearly records of a schema, written by a generator with a seed. */

export interface Chance {
  /** From 0 up to but not including `below`. */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  oneIn(n: number): boolean;
}

/** The same for the same seed. */
export function chance(seed: number): Chance {
  const uint32 = seededNumbers(seed);
  const int = (below: number): number => uint32() % below;
  return { int, pick: (from) => from[int(from.length)]!, oneIn: (n) => int(n) === 0 };
}

export type JsonSchema = boolean | SchemaKeywords;

/** The keywords that the generator goes by. */
export interface SchemaKeywords {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly SchemaKeywords[];
  /** Values that are tried often. */
  readonly examples?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

const NUMBERS =
  `0 -0 1 7 17 -5 10 100 1.5 0.1 -0.0 0.30000000000000004 4.35 3.0 1e3 1E-7 1.0e0 0e5 -1e-7 1e22 1e23 1e-22 1e-23
  123456789 1234567890 123456789012345 1234567890123456 9007199254740991 9007199254740992 9007199254740993 -9007199254740993
  12345678901234567890 100000000000000000000000 0.000001 123456789.123456 1700000000000 5e-324 1e-330 2.2250738585072014e-308
  1.7976931348623157e308 179769313486231570e291 1e400 -1e400 999999999999999 9999999999999999 0.1234567890123456
  0.00000000000000000000000000001 1.00000000000000000000000000000000000`.split(/\s+/);

const WRONG_NUMBERS = '00 01 -01 - -- 1. .5 1.e5 1e 1e+ +1 NaN Infinity 0x10 1_0 1e5.5 0000000000000001'.split(' ');

const STRINGS = [
  '""',
  '"a"',
  '"ab"',
  '"click"',
  '"view"',
  '"u12345"',
  '"a1b2c3d4e5f6"',
  `"${'long '.repeat(9)}"`,
  '"é"',
  '"日本語"',
  '"😀"',
  '"a\u007fb"',
  '"\u2028"',
  '"a\\nb"',
  '"\\u0041\\u00e9"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\udc00x"',
  '"\\\\\\"\\/\\b\\f\\r\\t"',
  '"é\\n"',
  '"{}[],:"',
];

const WRONG_STRINGS = ['"', '"abc', '"\\', '"\\"', '"a\tb"', '"\\x"', '"\\u12g4"', '"\\u12"', '"\u0000"', "'a'", 'abc'];

const OTHERS = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '[1,2]',
  '["a",null]',
  '{"a":1}',
  '{"a":{"b":[{"c":"\\u0041"}]}}',
  '{"__proto__":1}',
  '[[[[]]]]',
  '{"a":"x","a":2}',
];

const WRONG_OTHERS = [
  'nul',
  'tru',
  'falsee',
  'True',
  '{',
  '[',
  '[1,]',
  '{"a"}',
  '{"a":}',
  '{,}',
  '[1 2]',
  '{a:1}',
  '',
  ',',
];

const ANYTHING = [NUMBERS, WRONG_NUMBERS, STRINGS, WRONG_STRINGS, OTHERS, WRONG_OTHERS].flat();
const SOUND = [...NUMBERS, ...STRINGS, ...OTHERS];
const KEYS = [...STRINGS, '"__proto__"'];
const LETTERS = [...'abcxyz019 /'];
const DIGITS = [...'0123456789'];
const PIECES = [...'{}[]",:\\0123456789.eE+- \t\r\u0000\u001fantrué😀', '\\u', '"', '"'];

const SPACES = ['', '', '', '', ' ', '  ', '\t', ' \r'];

export class NastyLines {
  constructor(private readonly random: Chance) {}

  /** Without its newline. */
  line(schema: JsonSchema): string {
    const { random } = this;
    if (random.oneIn(60))
      return random.pick(['', ' ', '\r', '\t \r', '\u00a0', '\ufeff', 'null', '1', '"a"', '[]', '{}', '{']);
    const line = this.value(schema, random.oneIn(3) ? 40 : 0);
    const space = random.oneIn(10) ? random.pick(SPACES) : '';
    const behind = random.oneIn(40)
      ? random.pick([',', '}', '1', ' {}', '\u0000', '\u00a0'])
      : random.pick(['', '', '', '\r']);
    return random.oneIn(6) ? this.mutated(line) : `${space}${line}${behind}`;
  }

  /** @param wrongOneIn how often a part is not what the schema says; 0 for never. */
  private value(json: JsonSchema, wrongOneIn: number): string {
    const { random } = this;
    if (wrongOneIn > 0 && random.oneIn(wrongOneIn)) return this.anything();
    const schema: SchemaKeywords = typeof json === 'boolean' ? {} : json;
    const all: SchemaKeywords[] =
      schema.allOf === undefined ? [] : [Object.assign({}, ...schema.allOf) as SchemaKeywords];
    const branches = schema.anyOf ?? schema.oneOf ?? all;
    if (branches.length > 0) return this.value(random.pick(branches), wrongOneIn);
    if (schema.enum !== undefined) return JSON.stringify(random.pick(schema.enum));
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.examples !== undefined && !random.oneIn(20)) return JSON.stringify(random.pick(schema.examples));
    return this.ofType(typeof schema.type === 'object' ? random.pick(schema.type) : schema.type, schema, wrongOneIn);
  }

  private ofType(type: string | undefined, schema: SchemaKeywords, wrongOneIn: number): string {
    const { random } = this;
    switch (type) {
      case 'object':
        return this.object(schema, wrongOneIn);
      case 'array': {
        const items = Array.from({ length: random.int(4) }, () => this.value(schema.items ?? {}, wrongOneIn));
        return `[${items.join(',')}]`;
      }
      case 'string':
        return this.string();
      case 'integer':
        return random.oneIn(9) ? random.pick(NUMBERS) : String(random.int(10 ** (1 + random.int(9))));
      case 'number':
        return random.oneIn(3) ? random.pick(NUMBERS) : this.number();
      case 'boolean':
        return random.pick(['true', 'false']);
      case 'null':
        return 'null';
      default:
        return random.pick(SOUND);
    }
  }

  private string(): string {
    if (this.random.oneIn(2)) return this.random.pick(STRINGS);
    return `"${this.some(LETTERS, this.random.int(20))}"`;
  }

  private number(): string {
    const digits = (count: number) => this.some(DIGITS, count);
    const sign = this.random.oneIn(4) ? '-' : '';
    const fraction = this.random.oneIn(2) ? `.${digits(1 + this.random.int(18))}` : '';
    const exponent = this.random.oneIn(4) ? `e${this.random.int(80) - 40}` : '';
    return `${sign}${1 + this.random.int(9)}${digits(this.random.int(18))}${fraction}${exponent}`;
  }

  /** Most of a line is made here. */
  private some(characters: readonly string[], count: number): string {
    let text = '';
    for (let i = 0; i < count; i += 1) text += this.random.pick(characters);
    return text;
  }

  private anything(): string {
    return this.random.pick(ANYTHING);
  }

  private object(schema: SchemaKeywords, wrongOneIn: number): string {
    const { random } = this;
    const { required = [], properties = {}, additionalProperties = {} } = schema;
    const members = Object.entries(properties)
      .filter(([name]) => (required.includes(name) ? wrongOneIn === 0 || !random.oneIn(wrongOneIn) : random.oneIn(2)))
      .map(([name, member]) => this.member(name, member, wrongOneIn));
    while (random.oneIn(3)) {
      const extra = `${random.pick(KEYS)}:${this.value(additionalProperties, wrongOneIn)}`;
      members.splice(random.int(members.length + 1), 0, extra);
    }
    const again = random.oneIn(8) ? random.pick([...Object.entries(properties), undefined]) : undefined;
    if (again !== undefined) members.splice(random.int(members.length + 1), 0, this.member(...again, 3));
    if (random.oneIn(4)) members.sort(() => random.int(3) - 1);
    const spaced = random.oneIn(5);
    const space = () => (spaced ? random.pick(SPACES) : '');
    return `{${space()}${members.map((member) => `${space()}${member}${space()}`).join(',')}${space()}}`;
  }

  private member(name: string, schema: JsonSchema, wrongOneIn: number): string {
    const { random } = this;
    const key = random.oneIn(30) && name !== '' ? this.escapedKey(name) : JSON.stringify(name);
    return `${key}${random.pick(SPACES)}:${random.pick(SPACES)}${this.value(schema, wrongOneIn)}`;
  }

  private escapedKey(name: string): string {
    return `"${name
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')}"`;
  }

  private mutated(line: string): string {
    const { random } = this;
    const at = random.int(line.length + 1);
    const [before, after] = [line.slice(0, at), line.slice(at)];
    const piece = random.pick(PIECES);
    switch (random.int(4)) {
      case 0:
        return before;
      case 1:
        return before + after.slice(1);
      case 2:
        return before + piece + after;
      default:
        return before + piece + after.slice(1);
    }
  }
}
