import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from './read-checkpoint.js';
import { applied, storeOf, type Tables } from './testing/a-checkpoint.js';
import { expectedOf, fixtures, objectsOf, type ExpectedFixture } from './testing/fixture.js';

const names = globSync('v*/*/expected.json', { cwd: fixtures }).map((file) => dirname(file));

describe('checkpoints of every released format', () => {
  it('are there', () => {
    expect(names).toEqual(
      expect.arrayContaining([join('v1', 'three-operators'), join('v2', 'base-and-deltas')]) as string[],
    );
  });

  for (const name of names) {
    it(`restores ${name}`, async () => {
      const expected = expectedOf(name);
      const { manifest, blocks } = await readCheckpoint(
        await storeOf(objectsOf(name)),
        expected.path,
        expected.manifestSha256,
      );

      expect(Object.keys(manifest.operators).sort()).toEqual(Object.keys(expected.operators).sort());
      for (const [uid, wanted] of Object.entries(expected.operators)) {
        expect(await applied(blocks(uid))).toEqual(tablesOf(wanted));
      }
    });
  }
});

type Wanted = ExpectedFixture['operators'][string];

/** Rows of format 1 are restored as those of one table. */
function tablesOf(wanted: Wanted): Tables {
  const rowsOf = (rows: readonly (readonly [number, string, string])[]): Map<string, string> =>
    new Map(rows.map(([slot, key, value]) => [`${slot} ${key}`, value]));
  if (!isRows(wanted)) return new Map(Object.entries(wanted).map(([table, rows]) => [table, rowsOf(rows)]));
  if (wanted.length === 0) return new Map();
  return new Map([['state', rowsOf(wanted.map(({ slot, key, value }) => [slot, key, value]))]]);
}

const isRows = (wanted: Wanted): wanted is Extract<Wanted, readonly unknown[]> => Array.isArray(wanted);
