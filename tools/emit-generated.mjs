import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from './workspace.mjs';

/** Writes a generated file, or with `--check` fails with the command that would write it. */
export async function emitGenerated(file, text, command) {
  const path = join(root, file);
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current === text) return;
  if (process.argv.includes('--check')) {
    console.error(`${file} is out of date. Run: ${command}`);
    process.exitCode = 1;
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
