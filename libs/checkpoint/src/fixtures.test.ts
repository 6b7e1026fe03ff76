import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMAT_VERSION, type CheckpointManifest } from './manifest.js';
import { readCheckpoint } from './read-checkpoint.js';
import { applied, storeOf, type Tables } from './testing/a-checkpoint.js';
import type { ShownRow } from './view/shown-row.js';
import { StateView } from './view/state-view.js';
import { expectedOf, fixtures, objectsOf, type ExpectedFixture } from './testing/fixture.js';

const names = globSync('v*/*/expected.json', { cwd: fixtures }).map((file) => dirname(file));

describe('checkpoints of every released format', () => {
  it('are there', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        join('v1', 'three-operators'),
        ...['v2', 'v3'].flatMap((format) =>
          ['base-and-deltas', 'fold', 'process', 'windowAggregate-session'].map((name) => join(format, name)),
        ),
        join('v3', 'fold-version-key-schema'),
      ]) as string[],
    );
  });

  it('are what the page about the newest format shows', () => {
    const page = readFileSync(join(fixtures, '../../../docs/formats/checkpoint-v3.md'), 'utf8');
    const sample = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '') as CheckpointManifest;
    const name = join('v3', 'base-and-deltas');
    const stored = objectsOf(name).get(`${expectedOf(name).path}/manifest.json`) ?? new Uint8Array();
    const manifest = JSON.parse(Buffer.from(stored).toString()) as CheckpointManifest;
    const { 'delay-by-airport': operator } = manifest.operators;
    expect(sample).toEqual({ ...manifest, operators: { 'delay-by-airport': operator } });
  });

  for (const name of names) {
    it(`restores ${name}`, async () => {
      const expected = expectedOf(name);
      const { manifest, shapes, chain, blocks } = await readCheckpoint(
        await storeOf(objectsOf(name)),
        expected.path,
        expected.manifestSha256,
      );

      expect(`v${manifest.format}`).toBe(dirname(name));
      expect(chain === undefined).toBe(manifest.format < FORMAT_VERSION);
      if (manifest.format >= 3) expect(shapes).toEqual(expected.shapes);
      expect(Object.keys(manifest.operators).sort()).toEqual(Object.keys(expected.operators).sort());
      for (const [uid, wanted] of Object.entries(expected.operators)) {
        expect(await applied(blocks(uid))).toEqual(tablesOf(wanted));
      }
    });

    it(`shows the state of ${name} without any code of its job`, async () => {
      const { path, manifestSha256, operators } = expectedOf(name);
      const view = await StateView.open(await storeOf(objectsOf(name)), path, { manifestSha256 });

      expect(view.uids()).toEqual(Object.keys(operators).sort());
      for (const [uid, wanted] of Object.entries(operators)) {
        const { rows, upTo } = await view.rows(uid, { rowsMax: 1_000 });
        expect(upTo).toBeUndefined();
        const tables = [...tablesOf(wanted)].flatMap(([table, values]) =>
          [...values].map(([at, value]) => [`${table} ${at}`, JSON.parse(value) as unknown] as const),
        );
        expect(rows).toHaveLength(tables.length);
        for (const row of rows) {
          expect(formsOf(row)).toContainEqual(new Map(tables).get(`${row.table} ${row.slot} ${row.key}`));
        }
      }
    });
  }
});

/** A value and what the operator keeps for itself, as the columns that both are made of: they tell apart no two states. */
function formsOf({ value, internal }: ShownRow): readonly unknown[] {
  const [whole, own] = [JSON.parse(value) as unknown, JSON.parse(internal) as object];
  const isObject = typeof whole === 'object' && whole !== null && !Array.isArray(whole);
  const member = { value: whole, ...own };
  if (Object.keys(own).length === 0) return [whole, member];
  return isObject ? [{ ...whole, ...own }, member] : [member];
}

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
