// The files of the repository: what git tracks or would track. Without git (an unpacked archive), everything that
// .gitignore does not name.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './workspace.mjs';

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', '.nx', '.tidemark', 'coverage']);
const TEXT =
  /\.(md|mjs|js|cjs|ts|json|ya?ml|sql|proto|toml|sh|txt)$|(^|\/)(Dockerfile|LICENSE|run|\.[a-z]+(rc|ignore))$/;

/** @returns {string[]} paths relative to the root, with `/`, sorted */
export function repositoryFiles() {
  return (existsSync(join(root, '.git')) ? listedByGit() : walked(root))
    .filter((file) => existsSync(join(root, file)))
    .sort();
}

/** @returns {{ file: string, text: string }[]} the files that people write and read */
export function textFiles() {
  return repositoryFiles()
    .filter((file) => TEXT.test(file) && file !== 'package-lock.json')
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

function listedByGit() {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 })
    .split('\0')
    .filter(Boolean);
}

function walked(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? walked(path) : [relative(root, path).split(sep).join('/')];
  });
}
