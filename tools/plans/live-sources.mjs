// The sources of a case as a live job needs them: with the interval that is asked for, and lines from where there are some.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { bundleSide } from '../edits/bundle-side.mjs';
import { withCopy } from '../edits/copied-case.mjs';

/**
 * Bundles both sides of a copy of the case. Nothing is changed but the batch interval and the port of a socket.
 *
 * @param {import('../edits/cases.mjs').Edit} edit
 * @returns {Promise<{ old: Side, new: Side }>}
 * @typedef {{ bundle: { code: string, sourceMap: string }, nodes: { kind: string, uid?: string, connector?: string,
 *   options?: { path?: string } }[] }} Side
 */
export async function liveSides(edit, { intervalMs, port }) {
  return withCopy(edit, async (copy) => {
    let intervals = 0;
    for (const name of readdirSync(copy.folder, { recursive: true }).filter((path) => /\.[jt]s$/.test(path))) {
      const path = join(copy.folder, name);
      const text = readFileSync(path, 'utf8').replace(/\bbatchInterval: *(?:'[^']*'|"[^"]*")/g, () => {
        intervals += 1;
        return `batchInterval: ${intervalMs}`;
      });
      writeFileSync(path, text.replace(/\bport: *9999\b/g, `port: ${port}`));
    }
    if (intervals < 2) throw new Error(`${edit.folder}: its batch interval is not written as a text`);
    return { old: sideOf(await bundleSide(copy, 'old')), new: sideOf(await bundleSide(copy, 'new')) };
  });
}

/** The cases are this repository's own code, or that of whoever runs this. */
const sideOf = (bundle) => ({ bundle, nodes: runInNewContext(`${bundle.code}; tidemarkJob.default.nodes`) });
