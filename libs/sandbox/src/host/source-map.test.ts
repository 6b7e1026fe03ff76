import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { aCountingJob } from '../testing/open-sandbox.js';
import { readSourceMap, refuseLargeMap, SOURCE_MAP_LIMITS, type SourceMap } from './source-map.js';
import { sourcePlaces } from './source-places.js';

const { linesMax, segmentsMax, sourcesMax, nameCharsMax, partsMax } = SOURCE_MAP_LIMITS;
/** Members of `aMap`, its lists and itself. */
const PARTS = 9;

const aMap = (parts: object): string =>
  JSON.stringify({ version: 3, sources: ['a.ts'], names: [], mappings: 'AAAA', ...parts });

function mapIn(text: string): SourceMap {
  const read = readSourceMap(text);
  if (read.outcome !== 'read') throw new Error(`The map was not read: ${read.outcome}.`);
  return read.map;
}

/** Every place in the code that its map may know of, and some more. */
const placesOf = (code: string): readonly { readonly line: number; readonly column: number }[] =>
  [...code.split('\n'), '', ''].flatMap((text, line) =>
    Array.from({ length: Math.min(text.length + 2, 2_000) }, (_, column) => ({ line, column })),
  );

describe('a source map', () => {
  it.each([false, true])(
    'leads every place to where another reader of maps leads it (minified: %s)',
    async (minify) => {
      const { code: source } = await aCountingJob();
      const contents = `${source}\nexport const last = () => { throw new Error(source); };`;
      const { outputFiles } = await build({
        stdin: { contents, sourcefile: 'src/job.ts', loader: 'ts' },
        ...{ outfile: 'job.js', write: false, bundle: true, minify, sourcemap: 'external', sourceRoot: 'root' },
      });
      const [map = '', code = ''] = outputFiles.map(({ text }) => text);
      const ours = mapIn(map);
      const theirs = new TraceMap(map);
      const places = placesOf(code);
      expect(places.length).toBeGreaterThan(2_000);
      for (const { line, column } of places) {
        const { source: expected, ...at } = originalPositionFor(theirs, { line: line + 1, column });
        const found = ours(line, column);
        const foundAt =
          found === undefined ? { line: null, column: null } : { line: found.line + 1, column: found.column };
        expect({ source: found?.source ?? null, ...foundAt }).toEqual({
          source: expected,
          line: at.line,
          column: at.column,
        });
      }
    },
  );

  it('leads to the last place before one that it does not have, on the same line', () => {
    const map = mapIn(aMap({ mappings: ';EAAA,CAEC,UADD,C' }));
    expect(map(0, 5)).toBeUndefined();
    expect(map(1, 1)).toBeUndefined();
    expect(map(1, 2)).toEqual({ source: 'a.ts', line: 0, column: 0 });
    expect(map(1, 12)).toEqual({ source: 'a.ts', line: 2, column: 1 });
    expect(map(1, 13)).toEqual({ source: 'a.ts', line: 1, column: 0 });
    // From here on comes from no source.
    expect(map(1, 14)).toBeUndefined();
    expect(map(2, 0)).toBeUndefined();
    expect(map(1, -1)).toBeUndefined();
  });

  it('is read whatever else is in it, and in the text of its sources', () => {
    const sourcesContent = ['{[:"\\\\\\"{[:'.repeat(100_000)];
    expect(mapIn(aMap({ sourcesContent }))(0, 0)).toEqual({ source: 'a.ts', line: 0, column: 0 });
  });

  it.each([
    ['no JSON', '{"version":3'],
    ['no object', 'null'],
    ['nothing', '{}'],
    ['sources that are none', aMap({ sources: [{}] })],
    ['a name before all of them that is none', aMap({ sourceRoot: {} })],
    ['mappings in another form', aMap({ mappings: [[[0, 0, 0, 0]]] })],
    ['characters that are no digits', aMap({ mappings: 'AAA!' })],
    ['a number without an end', aMap({ mappings: 'gggggggggggggA' })],
    ['an end within a number', aMap({ mappings: 'AAAg' })],
    ['half a segment', aMap({ mappings: 'AA,AAAA' })],
    ['a segment of more fields than there are', aMap({ mappings: 'AAAAAAAA' })],
    ['a place before the first', aMap({ mappings: 'AADA' })],
    ['a column before the last one', aMap({ mappings: 'CAAA,DAAA' })],
  ])('is passed over where it is, or has, %s', (_, text) => {
    expect(readSourceMap(text)).toEqual({ outcome: 'none' });
    refuseLargeMap(text);
    expect(sourcePlaces(text).place('bundle.js:1:1')).toBe('bundle.js:1:1');
  });

  it.each([
    ['lines', linesMax, (lines: number) => ({ mappings: ';'.repeat(lines - 1) })],
    ['mapped places', segmentsMax, (places: number) => ({ mappings: 'AAAA,'.repeat(places) })],
    ['sources', sourcesMax, (count: number) => ({ sources: Array(count).fill('a') })],
    ["characters in a source's name", nameCharsMax, (chars: number) => ({ sources: ['\u0001'.repeat(chars)] })],
    ["characters in a source's name", nameCharsMax, (chars: number) => ({ sourceRoot: 'x'.repeat(chars) })],
    ['objects, lists and members', partsMax, (count: number) => ({ other: Array(count - PARTS).fill([]) })],
  ])('has at most so many %s, and else is refused, or passed over by who has it already', (what, max, parts) => {
    const [most, more] = [aMap(parts(max)), aMap(parts(max + 1))];
    refuseLargeMap(most);
    expect(readSourceMap(most).outcome).toBe('read');
    expect(() => {
      refuseLargeMap(more);
    }).toThrow(expect.objectContaining({ code: 'bundle_map_too_large', params: { what, found: max + 1, max } }));
    expect(sourcePlaces(more).place('bundle.js:1:1')).toBe('bundle.js:1:1');
  });

  it.each([
    ['a name in front of a million others', { sourceRoot: 'x'.repeat(4_000_000), sources: Array(1_000_000).fill('a') }],
    ['ten million lines', { mappings: ';'.repeat(10_000_000) }],
    ['two million places', { mappings: 'AAAA,'.repeat(2_000_000) }],
    ['three million objects', { other: Array(3_000_000).fill({}) }],
    ['places without an end', { mappings: 'A'.repeat(10_000_000) }],
    ['a name that is long to print', { sources: ['\u0001'.repeat(1_500_000)] }],
  ])('is not what ends a process where it has %s', (_, parts) => {
    const before = process.memoryUsage();
    const { place } = sourcePlaces(aMap(parts));
    for (let line = 1; line <= 1_000; line += 1) expect(place(`bundle.js:${line}:1`)).toBe(`bundle.js:${line}:1`);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(1024 * 1024);
  });
});
