import { own, TidemarkError } from '@tidemark/domain';

/**
 * What is read of a source map: it is foreign, and a few bytes of it can ask for much memory. A bundle of 10 MB has room
 * for less: not minified it has some 215,000 lines and 670,000 segments, and minified a map that large is over the bound of a request.
 */
export const SOURCE_MAP_LIMITS = {
  /** Of the bundle's code. Each takes 4 bytes while the map is kept. */
  linesMax: 500_000,
  /** Places that are mapped, 16 bytes each. */
  segmentsMax: 1_000_000,
  /** Files that a bundle is made of. */
  sourcesMax: 20_000,
  /** Of a file's name and of what stands before all of them: the longest path that Linux has. */
  nameCharsMax: 4_096,
  /** Objects, lists and members that its JSON is made of, of which few are read and each takes ten times its text. A source has five at most. */
  partsMax: 200_000,
} as const;

/** Says where in a source what stands at a place in the bundle comes from. Lines and columns of both count from 0. */
export type SourceMap = (line: number, column: number) => SourcePlace | undefined;

export interface SourcePlace {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** What a map is: to be read, none at all, or one with more of something than is read. */
export type ReadMap =
  | { readonly outcome: 'read'; readonly map: SourceMap }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'over_bound'; readonly what: string; readonly found: number; readonly max: number };

/** Throws `bundle_map_too_large` where a map has more than is read of one. One that is no map at all is passed over. */
export function refuseLargeMap(text: string): void {
  const read = readSourceMap(text);
  if (read.outcome !== 'over_bound') return;
  const { what, found, max } = read;
  throw new TidemarkError('bundle_map_too_large', { what, found, max });
}

/** Reads a source map of version 3 without sections. What it takes grows with the limits and not with what `text` asks for. */
export function readSourceMap(text: string): ReadMap {
  const { linesMax, segmentsMax, sourcesMax, nameCharsMax, partsMax } = SOURCE_MAP_LIMITS;
  const jsonParts = partsOfJson(text);
  if (jsonParts > partsMax)
    return { outcome: 'over_bound', what: 'objects, lists and members', found: jsonParts, max: partsMax };
  const members = membersOf(text);
  if (members === undefined) return { outcome: 'none' };
  const { sources, root, mappings } = members;
  const { lines, segments } = sizeOf(mappings);
  const longest = sources.reduce((most, source) => Math.max(most, source?.length ?? 0), root.length);
  const bounds = [
    ['lines', lines, linesMax],
    ['mapped places', segments, segmentsMax],
    ['sources', sources.length, sourcesMax],
    ["characters in a source's name", longest, nameCharsMax],
  ] as const;
  const over = bounds.find(([, found, max]) => found > max);
  if (over !== undefined) {
    const [what, found, max] = over;
    return { outcome: 'over_bound', what, found, max };
  }
  const table = decode(mappings, { lines, segments });
  if (table === undefined) return { outcome: 'none' };
  const prefix = root === '' ? '' : `${root}/`;
  return {
    outcome: 'read',
    map: (line, column) => {
      const found = lookUp(table, line, column);
      const source = found === undefined ? undefined : sources[found.source];
      return found === undefined || typeof source !== 'string' ? undefined : { ...found, source: `${prefix}${source}` };
    },
  };
}

interface MapMembers {
  readonly sources: readonly (string | null)[];
  readonly root: string;
  readonly mappings: string;
}

function membersOf(text: string): MapMembers | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const members = json as { readonly [name: string]: unknown };
  const [sources, root = '', mappings] = ['sources', 'sourceRoot', 'mappings'].map((name) => own(members, name));
  const areSources = Array.isArray(sources) && sources.every((each) => each === null || typeof each === 'string');
  if (!areSources || typeof mappings !== 'string' || (root !== null && typeof root !== 'string')) return undefined;
  return { sources: sources as readonly (string | null)[], root: root ?? '', mappings };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What an object, a list and a member each have one of: `{`, `[` and `:`. */
const BEGINS_PART: readonly number[] = [0x7b, 0x5b, 0x3a];

/** Counted outside of strings, and before anything is made of it. */
function partsOfJson(text: string): number {
  let parts = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString && code === BACKSLASH) at += 1;
    else if (!inString && BEGINS_PART.includes(code)) parts += 1;
  }
  return parts;
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** Counts without keeping anything. Of two separators in a row, none ends a segment. */
function sizeOf(mappings: string): { readonly lines: number; readonly segments: number } {
  let lines = 1;
  let segments = 0;
  let inSegment = false;
  for (let at = 0; at < mappings.length; at += 1) {
    const code = mappings.charCodeAt(at);
    if (code === SEMICOLON) lines += 1;
    const separates = code === SEMICOLON || code === COMMA;
    if (!separates && !inSegment) segments += 1;
    inSegment = !separates;
  }
  return { lines, segments };
}

/** The mappings as numbers: some tens of bytes less for each than objects take. */
interface Table {
  /** By line: the index of its first segment; and after the last line, how many segments there are. */
  readonly starts: Uint32Array;
  readonly columns: Int32Array;
  /** -1 where a segment comes from no source. */
  readonly sources: Int32Array;
  readonly sourceLines: Int32Array;
  readonly sourceColumns: Int32Array;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** By character code; what is no digit has none. */
const DIGIT_OF: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const digit = DIGITS.indexOf(String.fromCharCode(code));
  return digit === -1 ? undefined : digit;
});
/** A segment has a column; then it may have a source, a line and a column there; then a name, of which nothing is kept. */
const FIELDS_MAX = 5;
const FIELD_MAX = 2 ** 31 - 1;
/** Of five bits; more than these are beyond any field. */
const DIGITS_MAX = 7;

/** Undefined where the mappings are not what version 3 says. */
function decode(mappings: string, size: { readonly lines: number; readonly segments: number }): Table | undefined {
  const table: Table = {
    starts: new Uint32Array(size.lines + 1),
    columns: new Int32Array(size.segments),
    sources: new Int32Array(size.segments),
    sourceLines: new Int32Array(size.segments),
    sourceColumns: new Int32Array(size.segments),
  };
  // Fields are told as the difference to the one before; the column begins anew with each line.
  const fields = new Float64Array(FIELDS_MAX);
  const reader = { mappings, at: 0 };
  let [line, segment] = [0, 0];
  while (reader.at < mappings.length) {
    const code = mappings.charCodeAt(reader.at);
    if (code === SEMICOLON || code === COMMA) {
      reader.at += 1;
      if (code === COMMA) continue;
      line += 1;
      table.starts[line] = segment;
      fields[0] = 0;
      continue;
    }
    const columnBefore = fields[0] ?? 0;
    const count = readSegment(reader, fields);
    // Lines that are not sorted cannot be searched; no tool is known to write them.
    if (count === undefined || (fields[0] ?? 0) < columnBefore) return undefined;
    table.columns[segment] = fields[0] ?? 0;
    table.sources[segment] = count === 1 ? -1 : (fields[1] ?? 0);
    table.sourceLines[segment] = fields[2] ?? 0;
    table.sourceColumns[segment] = fields[3] ?? 0;
    segment += 1;
  }
  table.starts[line + 1] = segment;
  return table;
}

interface Reader {
  readonly mappings: string;
  at: number;
}

/** Moves the fields on by one segment and says how many it has; undefined where it is none. */
function readSegment(reader: Reader, fields: Float64Array): number | undefined {
  let count = 0;
  for (; reader.at < reader.mappings.length && count < FIELDS_MAX; count += 1) {
    const code = reader.mappings.charCodeAt(reader.at);
    if (code === COMMA || code === SEMICOLON) break;
    const difference = readNumber(reader);
    const field = (fields[count] ?? 0) + (difference ?? NaN);
    if (!(field >= 0 && field <= FIELD_MAX)) return undefined;
    fields[count] = field;
  }
  const next = reader.at < reader.mappings.length ? reader.mappings.charCodeAt(reader.at) : SEMICOLON;
  const isWhole = (count === 1 || count === 4 || count === 5) && (next === COMMA || next === SEMICOLON);
  return isWhole ? count : undefined;
}

/** Digits of base 64, the lowest first, of which the highest bit says that more follow, and the lowest of all is the sign. */
function readNumber(reader: Reader): number | undefined {
  let number = 0;
  for (let place = 0; place < DIGITS_MAX; place += 1) {
    const digit = DIGIT_OF[reader.mappings.charCodeAt(reader.at)];
    if (digit === undefined) return undefined;
    reader.at += 1;
    number += (digit % 32) * 32 ** place;
    if (digit < 32) return number % 2 === 0 ? number / 2 : -(number - 1) / 2;
  }
  return undefined;
}

/** The segment at a place, or else the last one before it on its line. */
function lookUp(table: Table, line: number, column: number) {
  if (line < 0 || line + 1 >= table.starts.length) return undefined;
  const first = table.starts[line] ?? 0;
  const end = table.starts[line + 1] ?? 0;
  let [low, high] = [first, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table.columns[middle] ?? 0) < column) low = middle + 1;
    else high = middle;
  }
  const at = low < end && table.columns[low] === column ? low : low - 1;
  const source = table.sources[at] ?? -1;
  if (at < first || source === -1) return undefined;
  return { source, line: table.sourceLines[at] ?? 0, column: table.sourceColumns[at] ?? 0 };
}
