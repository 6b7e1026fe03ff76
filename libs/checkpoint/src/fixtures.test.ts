import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { InMemoryObjectStore } from './in-memory-object-store.js';
import { readCheckpoint } from './read-checkpoint.js';

interface Expected {
  readonly path: string;
  readonly manifestSha256: string;
  readonly stateRows: number;
  readonly operators: {
    readonly [uid: string]: readonly { readonly slot: number; readonly key: string; readonly value: string }[];
  };
}

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const names = globSync('v*/*/expected.json', { cwd: fixtures }).map((file) => dirname(file));

describe('checkpoints of every released format', () => {
  it('are there', () => {
    expect(names).toContain(join('v1', 'three-operators'));
  });

  for (const name of names) {
    it(`restores ${name}`, async () => {
      const expected = JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8')) as Expected;
      const { manifest, rows } = await readCheckpoint(await storeOf(name), expected.path, expected.manifestSha256);

      expect(Object.keys(manifest.operators).sort()).toEqual(Object.keys(expected.operators).sort());
      for (const [uid, wanted] of Object.entries(expected.operators)) {
        const found = [];
        for await (const chunk of rows(uid)) found.push(...chunk);
        expect(byKey(found)).toEqual(byKey(wanted));
      }
    });
  }
});

async function storeOf(name: string): Promise<InMemoryObjectStore> {
  const store = new InMemoryObjectStore();
  const objects = join(fixtures, name, 'objects');
  for (const entry of globSync('**/*', { cwd: objects, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    await store.put(relative(objects, file).split(sep).join('/'), readFileSync(file));
  }
  return store;
}

const byKey = <T extends { readonly key: string }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
