import { KEYWORDS } from './keywords.js';
import { pathText, type Step } from './path.js';
import { JSON_TYPES, type JsonType, type NumberRules, type StringRules } from './schema.js';

/** Why a schema is refused. Unwinds the parser; never leaves `parseSchema`. */
export class NotSupported extends Error {}

type Json = Readonly<Record<string, unknown>>;

/** Reads the keywords of one schema object, each as what it has to be. */
export class KeywordReader {
  private readonly schema: Json;

  constructor(
    json: unknown,
    /** From the document's root. */
    readonly at: readonly Step[],
  ) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new NotSupported(`${pathText(at)}: a schema must be an object, true or false`);
    }
    this.schema = json as Json;
    const unknown = Object.keys(json).find((keyword) => !Object.hasOwn(KEYWORDS, keyword));
    if (unknown !== undefined) throw this.problem(unknown, 'is not supported');
  }

  problem(keyword: string, what: string): NotSupported {
    return new NotSupported(`${pathText(this.at)}: the keyword ${JSON.stringify(keyword)} ${what}`);
  }

  has(keyword: string): boolean {
    return Object.hasOwn(this.schema, keyword) && this.schema[keyword] !== undefined;
  }

  hasAny(keywords: readonly string[]): boolean {
    return keywords.some((keyword) => this.has(keyword));
  }

  get(keyword: string): unknown {
    return this.has(keyword) ? this.schema[keyword] : undefined;
  }

  array(keyword: string): readonly unknown[] | undefined {
    const value = this.get(keyword);
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined;
    throw this.problem(keyword, 'must be an array');
  }

  strings(keyword: string): readonly string[] | undefined {
    const values = this.array(keyword);
    if (values === undefined || values.every((value) => typeof value === 'string')) return values;
    throw this.problem(keyword, 'must be an array of strings');
  }

  object(keyword: string): Json {
    const value = this.get(keyword);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
    throw this.problem(keyword, 'must be an object');
  }

  string(keyword: string): string | undefined {
    const value = this.get(keyword);
    if (value === undefined || typeof value === 'string') return value;
    throw this.problem(keyword, 'must be a string');
  }

  number(keyword: string): number | undefined {
    const value = this.get(keyword);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.problem(keyword, 'must be a number');
  }

  count(keyword: string): number | undefined {
    const value = this.number(keyword);
    if (value === undefined || (Number.isInteger(value) && value >= 0)) return value;
    throw this.problem(keyword, 'must be a whole number, 0 or more');
  }

  types(): ReadonlySet<JsonType> | undefined {
    const type = this.get('type');
    if (type === undefined) return undefined;
    const names: readonly unknown[] = Array.isArray(type) ? type : [type];
    const types = names.map((name) => JSON_TYPES.find((known) => known === name));
    if (types.length === 0 || types.includes(undefined)) {
      throw this.problem('type', `must be one or more of ${JSON_TYPES.join(', ')}`);
    }
    return new Set(types as readonly JsonType[]);
  }

  /** What `enum` and `const` leave. */
  allowed(): readonly unknown[] | undefined {
    const values = this.array('enum');
    if (!this.has('const')) return values;
    if (values !== undefined) throw this.problem('const', 'is not supported beside "enum"');
    return [this.get('const')];
  }

  numberRules(): NumberRules | undefined {
    if (!this.hasAny(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'])) return undefined;
    const multipleOf = this.number('multipleOf');
    if (multipleOf !== undefined && multipleOf <= 0) throw this.problem('multipleOf', 'must be more than 0');
    return {
      minimum: this.number('minimum'),
      maximum: this.number('maximum'),
      exclusiveMinimum: this.number('exclusiveMinimum'),
      exclusiveMaximum: this.number('exclusiveMaximum'),
      multipleOf,
    };
  }

  stringRules(): StringRules | undefined {
    if (!this.hasAny(['minLength', 'maxLength', 'pattern'])) return undefined;
    return { minLength: this.count('minLength'), maxLength: this.count('maxLength'), pattern: this.pattern() };
  }

  private pattern(): RegExp | undefined {
    const source = this.string('pattern');
    if (source === undefined) return undefined;
    // JSON Schema asks for Unicode patterns, but some libraries write what only the older syntax takes.
    const pattern = regExp(source, 'u') ?? regExp(source, '');
    if (pattern === undefined) throw this.problem('pattern', 'is no regular expression');
    return pattern;
  }
}

function regExp(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
