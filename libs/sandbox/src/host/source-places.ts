import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { printable, type Places } from '@tidemark/engine';

const STACK_LINES_MAX = 20;
const LINE_CHARS_MAX = 300;
const PLACE = /bundle\.js:(\d+):(\d+)/g;

/** Leads places in a bundle back to its sources. Without a map, or with one that is none, places stay as they are. */
export function sourcePlaces(map: string | undefined): Places {
  let trace: TraceMap | undefined | 'not read' = map === undefined ? undefined : 'not read';
  const place = (at: string): string => {
    // Most jobs never need it.
    if (trace === 'not read') trace = readMap(map ?? '');
    return printable(trace === undefined ? at : lookUp(trace, at), LINE_CHARS_MAX);
  };
  const placesIn = (text: string): readonly string[] => [...text.matchAll(PLACE)].map(([at]) => place(at));
  return {
    place,
    stack: (stack) =>
      stack
        .split('\n')
        .filter((line, index) => index === 0 || line.includes('bundle.js:'))
        .slice(0, STACK_LINES_MAX)
        .map((line) => printable(line.replace(PLACE, place), LINE_CHARS_MAX))
        .join('\n'),
    firstPlace: (stack) => {
      const places = placesIn(stack);
      return places.find((at) => !at.includes('node_modules/')) ?? places[0];
    },
  };
}

function readMap(map: string): TraceMap | undefined {
  try {
    return new TraceMap(map);
  } catch {
    return undefined;
  }
}

function lookUp(trace: TraceMap, at: string): string {
  const [, line, column] = /^bundle\.js:(\d+):(\d+)$/.exec(at) ?? [];
  if (line === undefined || column === undefined) return at;
  try {
    const found = originalPositionFor(trace, { line: Number(line), column: Number(column) - 1 });
    return found.source === null ? at : `${found.source}:${found.line}:${found.column + 1}`;
  } catch {
    // A map can be well-formed and still point outside itself.
    return at;
  }
}
