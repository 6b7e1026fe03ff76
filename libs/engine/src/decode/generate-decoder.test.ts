import { describe, expect, it } from 'vitest';
import { checkValue } from '../schema/check-value.js';
import { parseSchema } from '../schema/parse-schema.js';
import type { RecordSchema, ValueSchema } from '../schema/schema.js';
import { generateDecoder } from './generate-decoder.js';
import { loopAround } from './testing/drive-decoder.js';
import { chance, NastyLines, type JsonSchema } from './testing/nasty-lines.js';
import { SCHEMAS } from './testing/schemas.js';

const { env } = import.meta as unknown as { readonly env: Readonly<Record<string, string | undefined>> };
const LINES = env['TIDEMARK_NIGHTLY'] === undefined ? 24_000 : 1_000_000;
const SEED = Number(env['TIDEMARK_SEED'] ?? 20_261_125);
const LINES_PER_SCHEMA = Math.ceil(LINES / Object.keys(SCHEMAS).length);
const LINES_PER_BATCH = 50;

const parsed = (json: JsonSchema): RecordSchema | ValueSchema => {
  const result = parseSchema(json);
  if (result.outcome === 'invalid') throw new Error(result.reason);
  return result.schema;
};

/** Tells values apart that toEqual does not: -0 and 0, the order of members, a member called __proto__. */
function exactly(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (Array.isArray(value)) return `[${value.map(exactly).join()}]`;
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${exactly(member)}`)
    .join()}}`;
}

/** What JSON.parse and the schema say to each line. */
function expected(schema: RecordSchema | ValueSchema, line: string): string | { readonly value: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return line.trim() === '' ? 'blank' : `refused: ${(error as Error).message.slice(0, 300)}`;
  }
  const checked = checkValue(schema, value);
  return 'reason' in checked ? `refused: ${checked.path}: ${checked.reason}`.slice(0, 309) : checked;
}

const wholeLoop = (schema: RecordSchema | ValueSchema) => {
  const decoder = generateDecoder({ schema, fields: [], whole: true });
  return loopAround(decoder, {
    before: 'const found = [];',
    onRecord: `found.push({ value: ${decoder.object} });`,
    onRefused: 'found.push("refused: " + rt.reason);',
    onBlank: 'found.push("blank");',
    result: 'found',
  });
};

/** Each wanted member as `code` gives it, and strings also as positions. */
const fieldsLoop = (schema: RecordSchema, fields: readonly string[]) => {
  const decoder = generateDecoder({ schema, fields, whole: false });
  const values = fields.map((name) => `${JSON.stringify(name)}: ${decoder.field(name).code}`);
  const strings = fields.map((name) => {
    const field = decoder.field(name);
    if (field.kind !== 'string') return '';
    return `strings.push([${JSON.stringify(name)}, ${field.start}, ${field.end}, ${field.plain}, ${field.text}]);`;
  });
  return loopAround(decoder, {
    before: 'const found = [];',
    onRecord: `const strings = []; ${strings.join('')} found.push({ value: {${values.join()}}, strings });`,
    onRefused: 'found.push("refused: " + rt.reason);',
    onBlank: 'found.push("blank");',
    result: 'found',
  });
};

function* batches(json: JsonSchema, seed: number): Generator<readonly string[]> {
  const random = chance(seed);
  const lines = new NastyLines(random);
  for (let done = 0; done < LINES_PER_SCHEMA; done += LINES_PER_BATCH) {
    const batch = Array.from({ length: LINES_PER_BATCH }, () => lines.line(json).toWellFormed().replaceAll('\n', ' '));
    yield batch;
  }
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

describe.each(Object.entries(SCHEMAS))('a decoder of %s', (_name, json) => {
  const schema = parsed(json);

  it('finds in whole lines what JSON.parse and the schema find', () => {
    const loop = wholeLoop(schema);
    for (const batch of batches(json, SEED)) {
      const bytes = bytesOf(batch);
      const views = [undefined, bytes.toString('latin1')];
      for (const text of views) {
        const found = loop(bytes, text) as (string | { value: unknown })[];
        expect(found).toHaveLength(batch.length);
        for (const [index, line] of batch.entries()) {
          if (exactly(found[index]) !== exactly(expected(schema, line))) {
            expect({ line, found: exactly(found[index]) }).toEqual({ line, found: exactly(expected(schema, line)) });
          }
        }
      }
    }
  });

  it.skipIf(schema.kind === 'value')('finds the same in single members', () => {
    const members = (schema as RecordSchema).members.map(({ name }) => name);
    const loops = [members, members.slice(0, 1), members.slice(1, 3)].map((names) => ({
      names,
      loop: fieldsLoop(schema as RecordSchema, names),
    }));
    for (const batch of batches(json, SEED + 1)) {
      const bytes = bytesOf(batch);
      for (const { names, loop } of loops) {
        const found = loop(bytes, bytes.toString('latin1')) as (string | FoundMembers)[];
        for (const [index, line] of batch.entries())
          compareMembers(line, names, found[index], expected(schema, line), bytes);
      }
    }
  });
});

interface FoundMembers {
  readonly value: Readonly<Record<string, unknown>>;
  readonly strings: readonly [name: string, start: number, end: number, plain: boolean, text: string][];
}

function compareMembers(
  line: string,
  names: readonly string[],
  found: string | FoundMembers | undefined,
  reference: string | { readonly value: unknown },
  bytes: Buffer,
): void {
  if (typeof reference === 'string' || typeof found !== 'object') {
    if (found !== reference) expect({ line, found }).toEqual({ line, found: reference });
    return;
  }
  const whole = reference.value as Readonly<Record<string, unknown>>;
  const ownOrMissing = (name: string) => (Object.hasOwn(whole, name) ? whole[name] : undefined);
  const wanted = exactly(Object.fromEntries(names.map((name) => [name, ownOrMissing(name)])));
  if (exactly(found.value) !== wanted) expect({ line, found: exactly(found.value) }).toEqual({ line, found: wanted });
  for (const [name, start, end, plain, text] of found.strings) {
    const written = start < 0 ? JSON.stringify(text).slice(1, -1) : bytes.toString('utf8', start, end);
    expect({ line, text: JSON.parse(`"${written}"`) as unknown }).toEqual({ line, text: whole[name] });
    if (plain) expect(written).toMatch(/^[ !#-[\]-\u007f]*$/);
    else if (start >= 0) expect(written).toMatch(/[\\\u0080-\uffff]/);
  }
}
