// A case in a place where its imports are found, wherever it lies itself.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../workspace.mjs';

/**
 * Calls `work` with a copy of the case, which is removed afterwards.
 *
 * @template T
 * @param {import('./cases.mjs').Edit} edit
 * @param {(copy: import('./cases.mjs').Edit) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withCopy(edit, work) {
  const above = mkdtempSync(join(tmpdir(), 'tidemark-edits-'));
  try {
    // A junction needs no rights on Windows. Packages of the case's own come first.
    symlinkSync(join(root, 'node_modules'), join(above, 'node_modules'), 'junction');
    const folder = join(above, 'case');
    cpSync(edit.folder, folder, { recursive: true });
    return await work({ ...edit, folder });
  } finally {
    rmSync(above, { recursive: true });
  }
}
