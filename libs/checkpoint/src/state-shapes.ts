import { sortedJson, type StateShape } from '@tidemark/domain';
import type { AnyManifest, CheckpointManifest, OperatorManifest } from './manifest.js';
import type { ManifestV1 } from './manifest-v1.js';
import { sha256 } from './sha256.js';

/** By uid of every stateful operator. */
export type StateShapes = { readonly [uid: string]: StateShape };

/** A shape as a manifest of the newest format holds it. */
export const storedShape = (shape: StateShape): OperatorManifest['shape'] => ({
  key: { type: shape.key, ...declared(shape.keySchema) },
  value: {
    type: shape.value,
    ...declared(shape.schema),
    ...(shape.version === undefined ? {} : { version: shape.version }),
  },
  parameters: shape.parameters,
});

/** The shapes that were written: in format 3 what was given to the writer, in the others without schemas and versions. */
export function shapesOf(manifest: AnyManifest): StateShapes {
  if (manifest.format === 3) {
    return Object.fromEntries(Object.entries(manifest.operators).map(([uid, operator]) => [uid, shapeOf(operator)]));
  }
  return Object.fromEntries(
    Object.entries<OlderOperator>(manifest.operators).map(([uid, { kind, shape, codec }]) => [
      uid,
      { kind, key: shape.key.schema, value: shape.value.schema, codec, parameters: shape.parameters },
    ]),
  );
}

type OlderOperator = Pick<ManifestV1['operators'][string], 'kind' | 'shape' | 'codec'>;

/** What is wrong with the schemas of a manifest, if something is: each must come with its hash, and match it. */
export function schemaMismatch({ operators }: CheckpointManifest): string | undefined {
  for (const [uid, { shape }] of Object.entries(operators)) {
    for (const [what, { schema, sha256: expected }] of [['key', shape.key] as const, ['state', shape.value] as const]) {
      if (declared(schema).sha256 !== expected)
        return `the schema of the ${what} of "${uid}" does not match its SHA-256`;
    }
  }
  return undefined;
}

function shapeOf({ kind, shape, codec }: OperatorManifest): StateShape {
  const { key, value, parameters } = shape;
  return {
    ...{ kind, key: key.type, value: value.type, codec, parameters },
    ...(value.schema === undefined ? {} : { schema: value.schema }),
    ...(value.version === undefined ? {} : { version: value.version }),
    ...(key.schema === undefined ? {} : { keySchema: key.schema }),
  };
}

const declared = (schema: unknown): { readonly schema?: unknown; readonly sha256?: string } =>
  schema === undefined ? {} : { schema, sha256: sha256(sortedJson(schema)) };
