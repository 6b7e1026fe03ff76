import { InMemoryObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from './check-definition.js';
import { KIND_RULES } from './checked-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { FIXTURE_NAMES, fixtureJob, SNAPSHOTS_BEFORE } from './testing/fixture-jobs.js';
import { fixtureInputs, fixtureOutput, type FixtureOutput } from './testing/run-fixture.js';

const fixtures = fileURLToPath(new URL('../../../checkpoint/fixtures/v2', import.meta.url));
const SNAPSHOT_BEFORE = SNAPSHOTS_BEFORE.at(-1) ?? 0;

interface Expected {
  readonly path: string;
  readonly manifestSha256: string;
  /** Of the graph that went on, batch by batch. */
  readonly output: readonly FixtureOutput[];
}

const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8')) as Expected;

async function storeOf(name: string): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  const cwd = join(fixtures, name, 'objects');
  for (const entry of globSync('**/*', { cwd, withFileTypes: true }).filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name);
    await store.put(file.slice(cwd.length + 1).replaceAll('\\', '/'), readFileSync(file));
  }
  return store;
}

describe('a checkpoint of every kind of operator with state', () => {
  it('is there', () => {
    const stateful = Object.entries(KIND_RULES).flatMap(([kind, { state }]) => (state === undefined ? [] : [kind]));
    const kinds = FIXTURE_NAMES.map((name) => fixtureJob(name).nodes.find(({ uid }) => uid === 'op')?.kind);

    expect([...new Set(kinds)].sort()).toEqual(stateful.sort());
    for (const name of FIXTURE_NAMES) expect(existsSync(join(fixtures, name, 'expected.json')), name).toBe(true);
  });

  it.each(FIXTURE_NAMES)(
    'of a base and a delta, is one that a new graph goes on from as the old one did: %s',
    async (name) => {
      const { path, manifestSha256, output } = expectedOf(name);
      const { manifest, shapes, blocks } = await readCheckpoint(await storeOf(name), path, manifestSha256);
      const graph = createInProcessGraph(fixtureJob(name));
      for (const uid of Object.keys(manifest.operators)) {
        for await (const block of blocks(uid)) await graph.restore(uid, block);
      }

      expect(manifest).toMatchObject({ parent: { batchId: SNAPSHOTS_BEFORE[0] }, operators: { op: {} } });
      expect(new Set(Object.values(manifest.operators).flatMap(kindsOfFiles))).toEqual(new Set(['base', 'delta']));
      expect(shapesOf(name)).toEqual(shapes);
      const went = [];
      for (const input of fixtureInputs(name).slice(SNAPSHOT_BEFORE)) went.push(await fixtureOutput(graph, input));
      expect(went).toEqual(output);
      expect(output.flatMap(({ out = [] }) => out)).not.toEqual([]);
    },
  );

  it.each(FIXTURE_NAMES)('matters: without its state, the output is another: %s', async (name) => {
    const graph = createInProcessGraph(fixtureJob(name));
    const went = [];
    for (const input of fixtureInputs(name).slice(SNAPSHOT_BEFORE)) went.push(await fixtureOutput(graph, input));
    expect(went).not.toEqual(expectedOf(name).output);
  });
});

const kindsOfFiles = ({ files }: { readonly files: readonly object[] }): readonly unknown[] =>
  files.map((file) => 'kind' in file && file.kind);

/** As a manifest holds them: without schemas of state. */
function shapesOf(name: string): object {
  const checked = checkDefinition(fixtureJob(name));
  if (checked.outcome === 'invalid') throw new Error(`the job of "${name}" is not valid any more`);
  return Object.fromEntries(
    Object.entries(checked.manifest.shapes).map(([uid, { schema: _, ...shape }]) => [uid, shape]),
  );
}
