/** A checked JSON Schema: only what {@link checkValue} and the generated decoders know how to apply is in it. */

export const JSON_TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** What a value must be, and which members of it are seen. Nodes may refer to each other in a circle. */
export interface SchemaNode {
  /** undefined: any type. */
  readonly types: ReadonlySet<JsonType> | undefined;
  /** Also what `const` allows. */
  readonly allowed: readonly unknown[] | undefined;
  readonly number: NumberRules | undefined;
  readonly string: StringRules | undefined;
  readonly array: ArrayRules | undefined;
  readonly object: ObjectRules | undefined;
  readonly anyOf: readonly SchemaNode[] | undefined;
  readonly oneOf: readonly SchemaNode[] | undefined;
  /** Also what `$ref` refers to. */
  readonly allOf: readonly SchemaNode[] | undefined;
  readonly not: SchemaNode | undefined;
  /** JSON text of what a missing member becomes: text, so that every record gets a copy of its own. */
  readonly defaultText: string | undefined;
}

export const ANYTHING: SchemaNode = {
  types: undefined,
  allowed: undefined,
  number: undefined,
  string: undefined,
  array: undefined,
  object: undefined,
  anyOf: undefined,
  oneOf: undefined,
  allOf: undefined,
  not: undefined,
  defaultText: undefined,
};

export interface NumberRules {
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMinimum: number | undefined;
  readonly exclusiveMaximum: number | undefined;
  readonly multipleOf: number | undefined;
}

/** Lengths count code points, as JSON Schema has it. */
export interface StringRules {
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly pattern: RegExp | undefined;
}

export interface ArrayRules {
  readonly prefixItems: readonly SchemaNode[];
  /** Of what comes after `prefixItems`. */
  readonly items: SchemaNode | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
}

export interface ObjectRules {
  /** undefined: none is declared, all are kept. */
  readonly members: readonly Member[] | undefined;
  /** Required members that are not declared. */
  readonly requiredToo: readonly string[];
  /** What members must be that are not declared; without it they are not seen. */
  readonly additional: SchemaNode | undefined;
  readonly names: SchemaNode | undefined;
  readonly minProperties: number | undefined;
  readonly maxProperties: number | undefined;
}

export interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly node: SchemaNode;
}

/** Of objects with declared members, of which nothing is to be checked but these members. */
export interface RecordSchema {
  readonly kind: 'record';
  readonly node: SchemaNode;
  readonly members: readonly Member[];
}

/** Any other: arrays, primitives, unions. */
export interface ValueSchema {
  readonly kind: 'value';
  readonly node: SchemaNode;
}
