import { SourceMap, type SourceMapPayload } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What the engine calls the running code in its errors. */
export const SCRIPT = 'bundle.js';

const PLACE = /bundle\.js:(\d+):(\d+)/g;

/** Leads places in the running code back to the job's sources. Without a map they stay as they are. */
export function sourcePlaces(map: string | null): (text: string) => string {
  const payload = payloadOf(map);
  if (payload === undefined) return (text) => text;
  const read = new SourceMap(payload);
  return (text) =>
    text.replace(PLACE, (at, line: string, column: string) => {
      const found = read.findEntry(Number(line) - 1, Number(column) - 1);
      return 'originalSource' in found
        ? `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`
        : at;
    });
}

/**
 * The code with its map in it, whose sources are files below `folder`: so that a debugger finds them, and stops where
 * breakpoints stand in them.
 */
export function withInlineMap(code: string, map: string | null, folder: string): string {
  const payload = payloadOf(map);
  if (payload === undefined) return code;
  const base = pathToFileURL(`${folder}/`);
  const sources = payload.sources.map((source) => new URL(source, base).href);
  const inline = Buffer.from(JSON.stringify({ ...payload, sources })).toString('base64');
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`;
}

function payloadOf(map: string | null): SourceMapPayload | undefined {
  if (map === null) return undefined;
  try {
    const payload = JSON.parse(map) as Partial<SourceMapPayload> | null;
    return Array.isArray(payload?.sources) && typeof payload.mappings === 'string'
      ? (payload as SourceMapPayload)
      : undefined;
  } catch {
    return undefined;
  }
}
