import { globSync, readFileSync } from 'node:fs';
import type { StateShape } from '@tidemark/domain';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));

/** All objects of a fixture, by their paths in the store. */
export function objectsOf(name: string): ReadonlyMap<string, Uint8Array> {
  const folder = join(fixtures, name, 'objects');
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [relative(folder, file).split(sep).join('/'), Uint8Array.from(readFileSync(file))];
    }),
  );
}

export interface ExpectedFixture {
  readonly path: string;
  readonly manifestSha256: string;
  /** As the database had them; absent before format 3, which is the first that holds them in full. */
  readonly shapes?: { readonly [uid: string]: StateShape };
  /** Rows by operator in format 1; since format 2 by operator and table, as [slot, key, value]. */
  readonly operators: {
    readonly [uid: string]:
      | readonly { readonly slot: number; readonly key: string; readonly value: string }[]
      | { readonly [table: string]: readonly (readonly [number, string, string])[] };
  };
}

export const expectedOf = (name: string): ExpectedFixture =>
  JSON.parse(readFileSync(join(fixtures, name, 'expected.json'), 'utf8')) as ExpectedFixture;
