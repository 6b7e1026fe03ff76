// The cases of a folder: every folder in it, at any depth, that holds an expected.json.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LABELS = ['cosmetic', 'logic', 'shape'];
const MEMBERS = ['label', 'why', 'verdicts', 'logic', 'options', 'build'];

/**
 * @typedef {{ label: 'cosmetic' | 'logic' | 'shape', why: string, verdicts: { [uid: string]: string }, logic?: string[],
 *   options?: { renames?: { [old: string]: string } }, build?: { old?: object, new?: object } }} Expected
 * @typedef {{ folder: string, expected: Expected }} Edit
 */

/** @returns {Edit[]} sorted by folder */
export function readCases(folder) {
  if (existsSync(join(folder, 'expected.json')))
    return [{ folder, expected: readExpected(join(folder, 'expected.json')) }];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => readCases(join(folder, name)));
}

function readExpected(path) {
  const expected = JSON.parse(readFileSync(path, 'utf8'));
  const unknown = Object.keys(expected).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw new Error(`${path}: there is no member "${unknown}"`);
  if (!LABELS.includes(expected.label)) throw new Error(`${path}: the label must be one of ${LABELS.join(', ')}`);
  if (typeof expected.verdicts !== 'object') throw new Error(`${path}: the verdicts by uid are missing`);
  return expected;
}
