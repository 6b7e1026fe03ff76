import { KeywordReader, NotSupported } from './keyword-reader.js';
import { asRecord, findEndless, simplify } from './simplify.js';
import { pathText, type Step } from './path.js';
import { ANYTHING, type ArrayRules, type Member, type ObjectRules, type RecordSchema } from './schema.js';
import type { SchemaNode, ValueSchema } from './schema.js';

export type ParsedSchema =
  | { readonly outcome: 'valid'; readonly schema: RecordSchema | ValueSchema }
  | { readonly outcome: 'invalid'; readonly reason: string };

/**
 * @param json a JSON Schema, draft 2020-12, as the Standard JSON Schema interface gives it. One with a keyword that is
 * not supported is invalid; the reason names the place and the keyword.
 */
export function parseSchema(json: unknown): ParsedSchema {
  try {
    const node = new Parser(json).root();
    return { outcome: 'valid', schema: asRecord(node) ?? { kind: 'value', node } };
  } catch (error) {
    if (error instanceof NotSupported) return { outcome: 'invalid', reason: error.message };
    throw error;
  }
}

const DEPTH_MAX = 100;

const OBJECT_KEYWORDS = [
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'minProperties',
  'maxProperties',
];

class Parser {
  /** By place. Each is made once, so that schemas may refer to themselves. */
  private readonly nodes = new Map<string, SchemaNode>();

  constructor(private readonly document: unknown) {}

  root(): SchemaNode {
    const root = this.node(this.document, []);
    const place = [...this.nodes.keys()][findEndless([...this.nodes.values()])];
    if (place !== undefined) throw new NotSupported(`${place}: the keyword "$ref" refers to itself without an end`);
    return root;
  }

  private node(json: unknown, at: readonly Step[]): SchemaNode {
    const place = pathText(at);
    const known = this.nodes.get(place);
    if (known !== undefined) return known;
    if (at.length > DEPTH_MAX) throw new NotSupported(`${place.slice(0, 200)}: is nested too deeply`);
    // Known before it is complete: what lies in it may refer to it.
    const node: SchemaNode = { ...ANYTHING };
    this.nodes.set(place, node);
    return Object.assign(node, this.content(json, at));
  }

  private content(json: unknown, at: readonly Step[]): SchemaNode {
    if (json === true) return ANYTHING;
    if (json === false) return { ...ANYTHING, not: ANYTHING };
    const schema = new KeywordReader(json, at);
    const all = [...(this.list(schema, 'allOf') ?? []), ...this.reference(schema)];
    return simplify({
      types: schema.types(),
      allowed: schema.allowed(),
      number: schema.numberRules(),
      string: schema.stringRules(),
      array: this.arrayRules(schema),
      object: this.objectRules(schema),
      anyOf: this.list(schema, 'anyOf'),
      oneOf: this.list(schema, 'oneOf'),
      allOf: all.length > 0 ? all : undefined,
      not: this.child(schema, 'not'),
      defaultText: schema.has('default') ? JSON.stringify(schema.get('default')) : undefined,
    });
  }

  private child(schema: KeywordReader, keyword: string): SchemaNode | undefined {
    return schema.has(keyword) ? this.node(schema.get(keyword), [...schema.at, keyword]) : undefined;
  }

  private list(schema: KeywordReader, keyword: string): readonly SchemaNode[] | undefined {
    const items = schema.array(keyword);
    if (items?.length === 0) throw schema.problem(keyword, 'is empty');
    return items?.map((item, index) => this.node(item, [...schema.at, keyword, index]));
  }

  private reference(schema: KeywordReader): readonly SchemaNode[] {
    const pointer = schema.string('$ref');
    if (pointer === undefined) return [];
    if (pointer !== '#' && !pointer.startsWith('#/')) {
      throw schema.problem('$ref', `leads out of the schema: ${JSON.stringify(pointer)}`);
    }
    let target: unknown = this.document;
    const at: Step[] = [];
    for (const step of pointer.split('/').slice(1).map(unescapePointer)) {
      if (step === undefined || typeof target !== 'object' || target === null || !Object.hasOwn(target, step)) {
        throw schema.problem('$ref', `leads nowhere: ${JSON.stringify(pointer)}`);
      }
      at.push(Array.isArray(target) ? Number(step) : step);
      target = (target as Readonly<Record<string, unknown>>)[step];
    }
    return [this.node(target, at)];
  }

  private arrayRules(schema: KeywordReader): ArrayRules | undefined {
    if (!schema.hasAny(['prefixItems', 'items', 'minItems', 'maxItems'])) return undefined;
    return {
      prefixItems: this.list(schema, 'prefixItems') ?? [],
      items: this.child(schema, 'items'),
      minItems: schema.count('minItems'),
      maxItems: schema.count('maxItems'),
    };
  }

  private objectRules(schema: KeywordReader): ObjectRules | undefined {
    if (!schema.hasAny(OBJECT_KEYWORDS)) return undefined;
    const required = schema.strings('required') ?? [];
    const members = schema.has('properties') ? this.members(schema, required) : undefined;
    // true and false say nothing of use: a schema tells what a job sees, not what else a record may have.
    const isSchema = typeof schema.get('additionalProperties') !== 'boolean';
    return {
      members,
      requiredToo: required.filter((name) => !members?.some((member) => member.name === name)),
      additional: isSchema ? this.child(schema, 'additionalProperties') : undefined,
      names: this.child(schema, 'propertyNames'),
      minProperties: schema.count('minProperties'),
      maxProperties: schema.count('maxProperties'),
    };
  }

  private members(schema: KeywordReader, required: readonly string[]): readonly Member[] {
    const properties = schema.object('properties');
    return Object.keys(properties).map((name) => {
      if (name === '__proto__') throw schema.problem('properties', 'cannot have a member called "__proto__"');
      const node = this.node(properties[name], [...schema.at, 'properties', name]);
      return { name, required: required.includes(name), node };
    });
  }
}

/** @returns undefined if it is no step of a pointer. */
function unescapePointer(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}
