import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';

type Class = new () => object;
type ShownAs =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'time'
  | 'json'
  | 'key'
  | 'any'
  | 'offsets'
  | 'ranges'
  | 'integers'
  | 'strings'
  | 'stringMap'
  | readonly string[]
  | Class
  | readonly [Class];

const OFFSETS = {
  type: 'object',
  additionalProperties: { type: 'object', additionalProperties: { type: 'integer' } },
} as const;

const SCALARS = [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }] as const;
/** A key of state, and any JSON. */
const KEY = { oneOf: SCALARS } as const;
const ANY = {
  oneOf: [...SCALARS, { type: 'object', additionalProperties: true }, { type: 'array', items: {} }],
} as const;

const RANGES = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      required: ['from', 'to'],
      properties: { from: { type: 'integer' }, to: { type: 'integer' } },
    },
  },
} as const;

/** A field of an answer: documents it, checks nothing. */
export const Shown = (
  description: string,
  as: ShownAs,
  options: { readonly nullable?: boolean } = {},
): PropertyDecorator => {
  const nullable = options.nullable === true;
  if (typeof as === 'function') return shownClass(description, as, nullable);
  const schema = { ...schemaOf(as), description, required: true, ...(nullable ? { nullable } : {}) };
  return ApiProperty(schema);
};

/** Gives the class of an answer its public name. */
export function shownType<T extends new () => object>(name: string, type: T): T {
  ApiSchema({ name })(type);
  return type;
}

function shownClass(description: string, type: Class, nullable: boolean): PropertyDecorator {
  if (!nullable) return ApiProperty({ type: () => type, description });
  // A nullable reference has no form of its own in OpenAPI 3.1: it is a choice between the reference and null.
  return applyDecorators(
    ApiProperty({
      description,
      oneOf: [{ $ref: getSchemaPath(type) }, { type: 'null' }],
    }),
    (target: object) => {
      ApiExtraModels(type)(target.constructor);
    },
  );
}

function schemaOf(as: Exclude<ShownAs, Class>): object {
  if (as === 'time') return { type: 'string', format: 'date-time' };
  if (as === 'json') return { type: 'object', additionalProperties: true };
  if (as === 'key') return KEY;
  if (as === 'any') return ANY;
  if (as === 'offsets') return OFFSETS;
  if (as === 'ranges') return RANGES;
  if (as === 'integers') return { type: 'array', items: { type: 'integer' } };
  if (as === 'stringMap') return { type: 'object', additionalProperties: { type: 'string' } };
  if (as === 'strings') return { type: 'array', items: { type: 'string' } };
  if (typeof as === 'string') return { type: as };
  const [first] = as;
  return typeof first === 'function' ? { type: () => first, isArray: true } : { type: 'string', enum: [...as] };
}
