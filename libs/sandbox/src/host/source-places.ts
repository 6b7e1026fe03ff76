import { printable, type Places } from '@tidemark/engine';
import { readSourceMap, type SourceMap } from './source-map.js';

const STACK_LINES_MAX = 20;
const LINE_CHARS_MAX = 300;
const PLACE = /bundle\.js:(\d+):(\d+)/g;

/**
 * Leads places in a bundle back to its sources. Without a map, or with one that is none or goes over a bound, places stay
 * as they are.
 */
export function sourcePlaces(map: string | undefined): Places {
  const find = whenNeeded(map);
  const place = (at: string): string => printable(lookUp(find, at), LINE_CHARS_MAX);
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

/** Most jobs never need it. Once it is read, its text is let go. */
function whenNeeded(map: string | undefined): SourceMap {
  let unread = map;
  let read: SourceMap = () => undefined;
  return (line, column) => {
    if (unread !== undefined) {
      const found = readSourceMap(unread);
      if (found.outcome === 'read') read = found.map;
      unread = undefined;
    }
    return read(line, column);
  };
}

function lookUp(find: SourceMap, at: string): string {
  const [, line, column] = /^bundle\.js:(\d+):(\d+)$/.exec(at) ?? [];
  if (line === undefined || column === undefined) return at;
  const found = find(Number(line) - 1, Number(column) - 1);
  return found === undefined ? at : `${found.source}:${found.line + 1}:${found.column + 1}`;
}
