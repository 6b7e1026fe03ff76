// The projects of this workspace, read from their package.json files: the one list that every tool starts from.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {{ dir: string, name: string, tags: string[], internal: string[], manifest: any }[]} sorted by folder */
export function projects() {
  const dirs = ['apps', 'examples', 'libs'].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, parent, entry.name, 'package.json')))
      .map((entry) => `${parent}/${entry.name}`),
  );
  return dirs.sort().map((dir) => {
    const manifest = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8'));
    const internal = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter((name) => name.startsWith('@tidemark/'))
      .sort();
    return { dir, name: manifest.name, tags: manifest.nx?.tags ?? [], internal, manifest };
  });
}
