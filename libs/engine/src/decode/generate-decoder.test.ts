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
      const references = batch.map((line) => exactly(expected(schema, line)));
      for (const text of views) {
        const found = loop(bytes, text) as (string | { value: unknown })[];
        expect(found).toHaveLength(batch.length);
        for (const [index, line] of batch.entries()) {
          const wanted = references[index];
          if (exactly(found[index]) !== wanted) {
            expect({ line, found: exactly(found[index]) }).toEqual({ line, found: wanted });
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
      const text = bytes.toString('latin1');
      const references = batch.map((line) => expected(schema, line));
      for (const { names, loop } of loops) {
        const found = loop(bytes, text) as (string | FoundMembers)[];
        for (const [index, line] of batch.entries())
          compareMembers(line, names, found[index], references[index] ?? '', bytes);
      }
    }
  });
});

interface FoundMembers {
  readonly value: Readonly<Record<string, unknown>>;
  readonly strings: readonly [name: string, start: number, end: number, plain: boolean, text: string][];
}

const PLAIN = /^[ !#-[\]-\u007f]*$/;
const NOT_PLAIN = /[\\\u0080-\uffff]/;

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
    // Millions of calls of expect take minutes: it is asked where there is something to tell.
    const read: unknown = JSON.parse(`"${written}"`);
    if (read !== whole[name]) expect({ line, text: read }).toEqual({ line, text: whole[name] });
    const form = plain ? PLAIN : start >= 0 ? NOT_PLAIN : undefined;
    if (form?.test(written) === false) expect(written).toMatch(form);
  }
}

describe('a decoder', () => {
  const ordinary = [
    '{"user":"u12345","type":"click","value":17,"ts":1700000000000,"ok":true}',
    '{ "ts": 1.5e3, "ok": false, "user": "日本\\n", "type": "", "value": -0.25 }\r',
    '{"user":"u","page":{"of":["x",null]},"type":"a","sid":"s\\u0041","value":0,"n":1,"ts":12345678901234567890,"ok":true}',
    '{"user":"u","user":"v","type":"a","value":1,"ts":1e5,"ok":true}  ',
  ];

  it('reads ordinary lines without JSON.parse', () => {
    const decoder = generateDecoder({ schema: parsed(SCHEMAS['plain members'] ?? {}), fields: ['user'], whole: true });
    const loop = loopAround(decoder, {
      before:
        'let slow = 0; const { slow: read } = rt; rt.slow = (...line) => { slow += 1; return read.apply(rt, line); };',
      onRecord: '',
      onRefused: '',
      result: 'slow',
    });
    expect(loop(bytesOf(ordinary))).toBe(0);
    expect(loop(bytesOf(['{"user":1}', ...ordinary]))).toBe(1);
  });

  it('says in one sentence what is wrong with a line, and where', () => {
    const schema = parsed({
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'array', items: { type: 'number' } } } } },
      required: ['a'],
    });
    const lines = ['{"a":{"b":[1,"x"]}}', '{}', '[]', '{"a":{}', '{"a":{"b":[1e999]}}'];
    expect(wholeLoop(schema)(bytesOf(lines))).toEqual([
      'refused: $.a.b[1]: expected number, found string',
      'refused: $.a: is missing',
      'refused: $: expected object, found array',
      expect.stringMatching(/^refused: .*JSON/),
      'refused: $.a.b[0]: expected a number that fits a double, found a larger one',
    ]);
  });

  it('gives every record its own copy of a default', () => {
    const schema = parsed(SCHEMAS['defaults'] ?? {});
    const found = wholeLoop(schema)(bytesOf(['{}', '{}', '{"list":"wrong"}', '{"user":"u"}'])) as {
      value: { list: number[] };
    }[];
    found[0]?.value.list.push(3);
    expect(found[1]?.value.list).toEqual([1, 2]);
    expect(found[3]?.value.list).toEqual([1, 2]);
  });

  it('follows the order of members as it changes', () => {
    const schema = parsed(SCHEMAS['plain members'] ?? {});
    const members = Object.entries({ user: 'u', type: 'a', value: 1, ts: 2, ok: true, page: '/', sid: 's' });
    const lines = members.map((_, i) =>
      JSON.stringify(Object.fromEntries([...members.slice(i), ...members.slice(0, i)])),
    );
    const found = wholeLoop(schema)(bytesOf([...lines, ...lines.reverse(), ...lines])) as { value: unknown }[];
    for (const { value } of found) expect(exactly(value)).toBe('{"user":"u","type":"a","value":1,"ts":2,"ok":true}');
  });

  it('does not take a name, a value and another name for one name', () => {
    const name = 'a":1,"user';
    const schema = parsed({ type: 'object', properties: { [name]: { type: 'number' } }, required: [name] });
    const lines = ['{"a":1,"user":5}', '{"a\\":1,\\"user":5}'].flatMap((line) =>
      Array.from({ length: 20 }, () => line),
    );
    const found = wholeLoop(schema)(bytesOf([...lines, ' '.repeat(100)])) as unknown[];
    expect(found[0]).toMatch(/is missing$/);
    expect(found[39]).toEqual({ value: { [name]: 5 } });
  });

  it('reads a batch that is only a part of a buffer', () => {
    const loop = wholeLoop(parsed({ type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }));
    const buffer = bytesOf(['{"a":1}', '{"a":22}', '{"a":333}']);
    expect(loop(buffer.subarray(8, 17))).toEqual([{ value: { a: 22 } }]);
  });

  it('does not know a member that it was not asked for', () => {
    const decoder = generateDecoder({ schema: parsed(SCHEMAS['plain members'] ?? {}), fields: ['user'], whole: false });
    expect(() => decoder.field('value')).toThrow('"value"');
  });
});
