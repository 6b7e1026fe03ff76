import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckpointChain } from './chain.js';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { readCheckpoint } from './read-checkpoint.js';
import { sha256 } from './sha256.js';
import { aBlock, aCheckpoint, aPath, applied, aShape, storeOf } from './testing/a-checkpoint.js';
import { expectedOf, objectsOf } from './testing/fixture.js';
import { writeCheckpoint } from './write-checkpoint.js';

interface Stored {
  readonly path: string;
  readonly manifestSha256: string;
  readonly objects: ReadonlyMap<string, Uint8Array>;
}

/** A base and two deltas: the newest of them, and every object in the store. */
async function aChain(): Promise<Stored> {
  const store = new InMemoryObjectStore();
  let parent: CheckpointChain | undefined;
  let manifestSha256 = '';
  for (const batchId of [7, 8, 9]) {
    const values = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${batchId + index}`, { n: index }]));
    const blocks = [aBlock('totals', values), aBlock('window', { ...values, k9: undefined })];
    const shapes = { totals: aShape({ schema: { type: 'number' } }), window: aShape() };
    const whole = aCheckpoint(batchId, blocks, { parent, shapes });
    ({
      chain: parent,
      written: { manifestSha256 },
    } = await writeCheckpoint(store, whole));
  }
  const paths = await store.list(aPath(7).split('/').slice(0, 2).join('/'));
  const objects = new Map(await Promise.all(paths.map(async (path) => [path, await store.get(path)] as const)));
  return { path: aPath(9), manifestSha256, objects };
}

const V1 = 'v1/three-operators';
const V2 = 'v2/base-and-deltas';
const chains: { readonly [name: string]: () => Promise<Stored> } = {
  'of a base and two deltas': aChain,
  'of format 2': async () => ({ ...expectedOf(V2), objects: objectsOf(V2) }),
  'of format 1': async () => ({ ...expectedOf(V1), objects: objectsOf(V1) }),
};

/** An object of the checkpoint, by number. */
const anObject = fc.nat();
const aMutation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flip a bit' as const), object: anObject, at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('truncate' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('append' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), object: anObject, at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swap' as const), object: anObject, at: fc.nat() }) },
);
type Mutation = typeof aMutation extends fc.Arbitrary<infer T> ? T : never;

describe.each(Object.entries(chains))('F6: a damaged checkpoint %s', (_, stored) => {
  it('is found out before a byte of it can be used, in each of 700 random damages', async () => {
    const { path, manifestSha256, objects } = await stored();
    let damages = 0;
    await fc.assert(
      fc.asyncProperty(aMutation, async (mutation) => {
        const damaged = damage({ path, objects }, mutation);
        if (damaged === undefined) return;
        damages += 1;
        await expect(readCheckpoint(await storeOf(damaged), path, manifestSha256)).rejects.toMatchObject({
          code: 'checkpoint_unreadable',
          params: { path, reason: expect.stringMatching(/(^manifest\.json|state\/\d\.(tmb|ndjson)\.zst): /) as string },
        });
      }),
      { numRuns: 700 },
    );
    expect(damages).toBeGreaterThan(400);
  });

  it('is not the undamaged one, which opens', async () => {
    const { path, manifestSha256, objects } = await stored();
    const { manifest, blocks } = await readCheckpoint(await storeOf(objects), path, manifestSha256);
    for (const uid of Object.keys(manifest.operators)) await applied(blocks(uid));
  });

  it('is told apart from a store that fails', async () => {
    const { path, manifestSha256, objects } = await stored();
    const store = await storeOf(objects);
    store.get = () => Promise.reject(new Error('the store is down'));
    await expect(readCheckpoint(store, path, manifestSha256)).rejects.toThrow('the store is down');
  });
});

describe.each([
  [1, V1],
  [2, V2],
])('a checkpoint of format %i', (format, name) => {
  it('is nothing that a delta can build on', async () => {
    const { path, manifestSha256 } = expectedOf(name);
    const read = await readCheckpoint(await storeOf(objectsOf(name)), path, manifestSha256);
    expect(read).toMatchObject({ chain: undefined, manifest: { format } });
  });
});

describe('a manifest that is sound in itself', () => {
  let whole: Stored;
  beforeAll(async () => {
    whole = await aChain();
  });

  it('is refused when its format version is unknown', async () => {
    const { store, manifestSha256 } = await rewritten(whole, (json) => json.replace('"format": 3', '"format": 4'));
    await expect(readCheckpoint(store, whole.path, manifestSha256)).rejects.toMatchObject({
      code: 'checkpoint_version_unknown',
      params: { found: 4, newestKnown: 3 },
    });
  });

  const wrong: { readonly [what: string]: (manifest: string) => string } = {
    'belongs to another job': (json) => json.replace(/"jobId": ".*"/, '"jobId": "job_other"'),
    'belongs to another batch': (json) => json.replace('"batchId": 9', '"batchId": 90'),
    'has a field that version 3 does not know': (json) => json.replace('{', '{ "more": 1,'),
    'lacks its offsets': (json) => json.replace('"offsets"', '"offset"'),
    'has a negative offset': (json) => json.replace('"a.jsonl": 120', '"a.jsonl": -1'),
    'names a file outside its folder': (json) => json.replace('state/1.tmb.zst', '../../other/state/1.tmb.zst'),
    'names a file in a folder that it does not build on': (json) => json.replaceAll(/"in": "(.*)b7-/g, '"in": "$1b6-'),
    "builds on another job's checkpoint": (json) => json.replaceAll(/tnt_\w+(?=\/job_\w+\/t1\/b7)/g, 'tnt_other'),
    'is of version 1 with files of version 3': (json) => json.replace('"format": 3', '"format": 1'),
    'is of version 2 with shapes of version 3': (json) => json.replace('"format": 3', '"format": 2'),
    'has another schema than its hash says': (json) => json.replace('"type": "number"', '"type": "string"'),
    'has a schema without a hash': (json) => json.replace(/(\{ ?"type": "number" ?\}|\}),\s*"sha256": "\w+"/, '$1'),
    'has a hash without a schema': (json) => json.replace(/"key": \{/, `"key": { "sha256": "${'a'.repeat(64)}",`),
    'is not an object': () => '"manifest"',
  };
  it.each(Object.entries(wrong))('R24: is refused when it %s', async (_, change) => {
    const { store, manifestSha256 } = await rewritten(whole, change);
    await expect(readCheckpoint(store, whole.path, manifestSha256)).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
      params: { path: whole.path, reason: expect.stringMatching(/^manifest\.json: /) as string },
    });
  });

  const lies: { readonly [what: string]: (manifest: string) => string } = {
    'is longer than it declares': (json) => json.replace(/"plainBytes": \d+/, '"plainBytes": 100'),
    'is shorter than it declares': (json) => json.replace(/"plainBytes": \d+/, '"plainBytes": 100000'),
    'has other rows': (json) => json.replace(/"rows": \d+/, '"rows": 7'),
    'has other deleted keys': (json) => json.replace('"deleted": 0', '"deleted": 1'),
    'has other blocks': (json) => json.replace('"blocks": 1', '"blocks": 2'),
  };
  it.each(Object.entries(lies))('is refused, file by file, when its state %s', async (_, change) => {
    const { store, manifestSha256 } = await rewritten(whole, change);
    const { blocks } = await readCheckpoint(store, whole.path, manifestSha256);
    await expect(applied(blocks('totals'))).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
      params: { reason: expect.stringMatching(/b7-.*state\/1\.tmb\.zst: it /) as string },
    });
  });

  it('is refused in format 1 as well when its state is not what it declares', async () => {
    const v1 = { ...expectedOf(V1), objects: objectsOf(V1) };
    for (const change of [
      (json: string) => json.replace(/"plainBytes": \d+/, '"plainBytes": 100'),
      (json: string) => json.replace('"to": 128', '"to": 2'),
      (json: string) => json.replaceAll(/"rows": 3/g, '"rows": 2'),
      (json: string) => json.replaceAll('"delay-by-airport"', '"other"'),
    ]) {
      const { store, manifestSha256 } = await rewritten(v1, change);
      const { manifest, blocks } = await readCheckpoint(store, v1.path, manifestSha256);
      const uid = Object.keys(manifest.operators).find(
        (name) => name !== 'never-used' && name !== 'delays-last-minute',
      );
      await expect(applied(blocks(uid ?? ''))).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
    }
  });
});

/** A checkpoint whose manifest somebody changed and hashed again. */
async function rewritten(
  { path, objects }: Pick<Stored, 'path' | 'objects'>,
  change: (manifest: string) => string,
): Promise<{ store: InMemoryObjectStore; manifestSha256: string }> {
  const name = `${path}/manifest.json`;
  // Set out over lines, which no reader minds: the changes above are easier to write.
  const before = JSON.stringify(JSON.parse(Buffer.from(objects.get(name) ?? []).toString()), null, 2);
  const bytes = Buffer.from(change(before));
  expect(bytes.toString()).not.toBe(before);
  return { store: await storeOf(new Map([...objects, [name, bytes]])), manifestSha256: sha256(bytes) };
}

/** Undefined when the mutation would change nothing that a restore reads. */
function damage(
  { path, objects }: Pick<Stored, 'path' | 'objects'>,
  { kind, object, at }: Mutation,
): ReadonlyMap<string, Uint8Array> | undefined {
  // Manifests of the checkpoints that it builds on are not read.
  const names = [...objects.keys()].filter((name) => name.startsWith(`${path}/`) || !name.endsWith('manifest.json'));
  const name = names[object % names.length] ?? '';
  const bytes = objects.get(name) ?? new Uint8Array();
  const damaged = new Map(objects);
  switch (kind) {
    case 'flip a bit': {
      const flipped = Uint8Array.from(bytes);
      const position = Math.floor(at / 8) % bytes.length;
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (at % 8));
      return damaged.set(name, flipped);
    }
    case 'truncate':
      return damaged.set(name, bytes.subarray(0, at % bytes.length));
    case 'append':
      return damaged.set(name, Buffer.concat([bytes, Buffer.from([at % 256])]));
    case 'delete':
      damaged.delete(name);
      return damaged;
    case 'swap': {
      const other = names[at % names.length] ?? '';
      const others = objects.get(other) ?? new Uint8Array();
      return Buffer.compare(bytes, others) === 0 ? undefined : damaged.set(name, others).set(other, bytes);
    }
  }
}
