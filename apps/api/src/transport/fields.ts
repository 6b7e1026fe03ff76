import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmptyObject,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';

interface Common {
  readonly description: string;
  readonly optional?: boolean;
}

/** What Postgres can keep as text. */
const STORABLE = /^[^\0\ud800-\udfff]*$/u;

/** The largest number that Postgres keeps in an `integer`: revisions and timelines are some. */
export const INTEGER_MAX = 2 ** 31 - 1;

/** A text field of a request: what is documented is what is checked. */
export const TextField = (
  field: Common & {
    readonly min?: number;
    readonly max: number;
    readonly pattern?: RegExp;
    readonly patternSays?: string;
  },
): PropertyDecorator =>
  declared(
    field,
    { type: 'string', minLength: field.min ?? 1, maxLength: field.max, ...documentedPattern(field.pattern) },
    [
      IsString(),
      Length(field.min ?? 1, field.max),
      Matches(STORABLE, { message: '$property must not contain NUL or half of a surrogate pair' }),
      ...(field.pattern === undefined
        ? []
        : [Matches(field.pattern, { message: field.patternSays ?? '$property has the wrong form' })]),
    ],
  );

const ID_LENGTH_MAX = 64;

/** The id of a thing that may be there or not: what has another form names none. */
export const IdField = (field: Common): PropertyDecorator => TextField({ ...field, max: ID_LENGTH_MAX });

/** A whole number of a request, in a body or a query. */
export const WholeNumberField = (
  field: Common & { readonly min: number; readonly max: number; readonly default?: number; readonly inQuery?: boolean },
): PropertyDecorator =>
  declared(
    field,
    {
      type: 'integer',
      minimum: field.min,
      maximum: field.max,
      ...(field.default === undefined ? {} : { default: field.default }),
    },
    [...(field.inQuery === true ? [Type(() => Number)] : []), IsInt(), Min(field.min), Max(field.max)],
  );

/** A yes or no of a request, in a body or a query. */
export const FlagField = (field: Common): PropertyDecorator =>
  declared(field, { type: 'boolean' }, [
    // From the raw request: what is converted before this is `true` for any text.
    Transform(
      ({ obj, key }: { obj: { readonly [name: string]: unknown }; key: string }) => FLAGS.get(obj[key]) ?? obj[key],
    ),
    IsBoolean(),
  ]);

const FLAGS: ReadonlyMap<unknown, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** A yes or no of a body, or one of a closed set of words that say more. */
export const FlagOrField = (field: Common & { readonly of: readonly string[] }): PropertyDecorator =>
  declared(field, { oneOf: [{ type: 'boolean' }, { type: 'string', enum: [...field.of] }] }, [
    IsIn([true, false, ...field.of], { message: `$property must be true, false or ${field.of.join(', ')}` }),
  ]);

/** A number. Without bounds the one who knows what it counts judges it. */
export const NumberField = (
  field: Common & { readonly documented: 'integer' | 'number'; readonly min?: number; readonly max?: number },
): PropertyDecorator => {
  const { documented, min, max } = field;
  const bounds = { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) };
  return declared(field, { type: documented, ...bounds }, [
    IsNumber({}, { message: '$property must be a number' }),
    ...(min === undefined ? [] : [Min(min)]),
    ...(max === undefined ? [] : [Max(max)]),
  ]);
};

/** A list of objects with fields of their own. */
export const ListField = (
  field: Common & { readonly type: () => new () => object; readonly min: number; readonly max: number },
): PropertyDecorator =>
  declared(field, { type: field.type, isArray: true, minItems: field.min, maxItems: field.max }, [
    IsArray(),
    ArrayMinSize(field.min),
    ArrayMaxSize(field.max),
    ValidateNested({ each: true }),
    Type(field.type),
  ]);

/** One of a closed set of words. */
export const ChoiceField = (field: Common & { readonly of: readonly string[] }): PropertyDecorator =>
  declared(field, { type: 'string', enum: [...field.of] }, [
    IsIn(field.of, { message: `$property must be one of ${field.of.join(', ')}` }),
  ]);

interface NamesForm extends Common {
  /** How many there may be. */
  readonly max: number;
  readonly pattern: RegExp;
  readonly patternSays: string;
}

/** A list of names. */
export const NamesField = (field: NamesForm): PropertyDecorator =>
  declared(field, { type: 'array', items: { type: 'string', pattern: field.pattern.source }, maxItems: field.max }, [
    IsArray(),
    ArrayMaxSize(field.max),
    Matches(field.pattern, { each: true, message: field.patternSays }),
  ]);

/** Names by name. */
export const NameMapField = (field: NamesForm): PropertyDecorator => {
  const isName = (text: unknown): boolean => typeof text === 'string' && field.pattern.test(text);
  const isMap = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= field.max &&
    Object.entries(value).every((pair) => pair.every(isName));
  const { source } = field.pattern;
  return declared(
    field,
    { type: 'object', additionalProperties: { type: 'string', pattern: source }, maxProperties: field.max },
    [ValidateBy({ name: 'nameMap', validator: { validate: isMap, defaultMessage: () => field.patternSays } })],
  );
};

/** An object with fields of its own. */
export const ObjectField = (
  field: Common & { readonly type: () => new () => object; readonly notEmpty?: boolean },
): PropertyDecorator =>
  declared(field, { type: field.type }, [
    IsObject(),
    ...(field.notEmpty === true ? [IsNotEmptyObject()] : []),
    ValidateNested(),
    Type(field.type),
  ]);

function declared(field: Common, schema: ApiPropertyOptions, checks: readonly PropertyDecorator[]): PropertyDecorator {
  const { description, optional = false } = field;
  return applyDecorators(
    ApiProperty({ ...schema, description, required: !optional } as ApiPropertyOptions),
    // Unlike IsOptional, this lets no null pass: a field is there or it is not.
    ...(optional ? [ValidateIf((_, value) => value !== undefined)] : []),
    ...checks,
  );
}

const documentedPattern = (pattern: RegExp | undefined): { readonly pattern?: string } =>
  pattern === undefined ? {} : { pattern: pattern.source };
