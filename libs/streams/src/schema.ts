/**
 * What declares the form of records, values or state: any library that implements the Standard JSON Schema interface
 * (https://standardschema.dev/json-schema), for example zod 4.
 */
export interface Schema<T> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: T; readonly output: unknown } | undefined;
    readonly jsonSchema: { readonly input: (options: { readonly target: 'draft-2020-12' }) => unknown };
  };
}

/** @internal The schema of a node, if it has one. */
export const schemaPart = (schema: Schema<unknown> | undefined): { readonly schema?: unknown } =>
  schema === undefined ? {} : { schema: jsonSchemaOf(schema) };

/**
 * The JSON Schema of what a schema takes: records are read as they stand in the input, so nothing that the library would
 * transform is transformed. Undefined if the library makes none; the definition's check then says so.
 */
function jsonSchemaOf(schema: Schema<unknown>): unknown {
  const { $schema: _, ...described } = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as {
    readonly $schema?: unknown;
  };
  return described;
}
