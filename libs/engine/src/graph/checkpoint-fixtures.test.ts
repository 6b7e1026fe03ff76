import { InMemoryObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from './check-definition.js';
import { KIND_RULES } from './checked-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { FIXTURE_NAMES, fixtureJob, fixtureNamesOf, SNAPSHOTS_BEFORE } from './testing/fixture-jobs.js';
import { fixtureInputs, fixtureOutput, type FixtureOutput } from './testing/run-fixture.js';

const fixtures = fileURLToPath(new URL('../../../checkpoint/fixtures', import.meta.url));
/** Formats that were written of real runs. */
const FORMATS = [2, 3] as const;
const SNAPSHOT_BEFORE = SNAPSHOTS_BEFORE.at(-1) ?? 0;

interface Expected {
  readonly path: string;
  readonly manifestSha256: string;
  /** Of the graph that went on, batch by batch. */
  readonly output: readonly FixtureOutput[];
}

type Name = readonly [format: number, name: string];

const fixtureNames: readonly Name[] = FORMATS.flatMap((format) =>
  fixtureNamesOf(format).map((name): Name => [format, name]),
);
const folderOf = ([format, name]: Name): string => join(fixtures, `v${format}`, name);

const expectedOf = (fixture: Name): Expected =>
  JSON.parse(readFileSync(join(folderOf(fixture), 'expected.json'), 'utf8')) as Expected;

async function storeOf(fixture: Name): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  const cwd = join(folderOf(fixture), 'objects');
  for (const entry of globSync('**/*', { cwd, withFileTypes: true }).filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    await store.put(file.slice(cwd.length + 1).replaceAll('\\', '/'), readFileSync(file));
  }
  return store;
}

describe('a checkpoint of every kind of operator with state', () => {
  it('is there, in each format', () => {
    const stateful = Object.entries(KIND_RULES).flatMap(([kind, { state }]) => (state === undefined ? [] : [kind]));
    for (const format of FORMATS) {
      const kinds = fixtureNamesOf(format).map((name) => fixtureJob(name).nodes.find(({ uid }) => uid === 'op')?.kind);
      expect([...new Set(kinds)].sort()).toEqual(stateful.sort());
    }
    for (const name of fixtureNames) expect(existsSync(join(folderOf(name), 'expected.json')), name.join()).toBe(true);
    expect(fixtureNamesOf(FORMATS[1])).toEqual(FIXTURE_NAMES);
  });

  it.each(fixtureNames)(
    'of a base and a delta, is one that a new graph goes on from as the old one did: v%i, %s',
    async (format, name) => {
      const { path, manifestSha256, output } = expectedOf([format, name]);
      const { manifest, shapes, blocks } = await readCheckpoint(await storeOf([format, name]), path, manifestSha256);
      const graph = createInProcessGraph(fixtureJob(name));
      for (const uid of Object.keys(manifest.operators)) {
        for await (const block of blocks(uid)) await graph.restore(uid, block);
      }

      expect(manifest).toMatchObject({ format, parent: { batchId: SNAPSHOTS_BEFORE[0] }, operators: { op: {} } });
      expect(new Set(Object.values(manifest.operators).flatMap(kindsOfFiles))).toEqual(new Set(['base', 'delta']));
      expect(shapes).toEqual(shapesOf(name, format));
      const went = [];
      for (const input of fixtureInputs(name).slice(SNAPSHOT_BEFORE)) went.push(await fixtureOutput(graph, input));
      expect(went).toEqual(output);
      expect(output.flatMap(({ out = [] }) => out)).not.toEqual([]);
    },
  );

  it.each(fixtureNames)('matters: without its state, the output is another: v%i, %s', async (format, name) => {
    const graph = createInProcessGraph(fixtureJob(name));
    const went = [];
    for (const input of fixtureInputs(name).slice(SNAPSHOT_BEFORE)) went.push(await fixtureOutput(graph, input));
    expect(went).not.toEqual(expectedOf([format, name]).output);
  });

  it('says as much of its state as a shape can say, since format 3', () => {
    const { op } = shapesOf('fold-version-key-schema', 3) as { readonly [uid: string]: object };
    expect(Object.keys(op ?? {}).sort()).toEqual(
      ['codec', 'key', 'keySchema', 'kind', 'parameters', 'schema', 'value', 'version'].sort(),
    );
  });
});

const kindsOfFiles = ({ files }: { readonly files: readonly object[] }): readonly unknown[] =>
  files.map((file) => 'kind' in file && file.kind);

/** As a manifest holds them: in format 2 without the schemas of state. */
function shapesOf(name: string, format: number): object {
  const checked = checkDefinition(fixtureJob(name));
  if (checked.outcome === 'invalid') throw new Error(`the job of "${name}" is not valid any more`);
  return Object.fromEntries(
    Object.entries(checked.manifest.shapes).map(([uid, { schema, ...shape }]) => [
      uid,
      format === 2 || schema === undefined ? shape : { ...shape, schema },
    ]),
  );
}
