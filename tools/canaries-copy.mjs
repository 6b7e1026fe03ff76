// A copy of the repository, in which violations can be planted while others work in the original.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { repositoryFiles } from './files.mjs';
import { projects, root } from './workspace.mjs';

/** Makes the copy. Installed packages are linked, our own projects are linked to the copy of themselves. */
export function makeCopy() {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-canaries-')));
  for (const file of repositoryFiles()) copyInto(dir, file);
  for (const project of projects())
    for (const built of ['dist', 'node_modules']) copyInto(dir, `${project.dir}/${built}`);
  linkPackages(dir);
  return {
    dir,
    plant: (plants) => plant(dir, plants),
    run: (args) => run(dir, args),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function copyInto(dir, path) {
  if (!existsSync(join(root, path))) return;
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  cpSync(join(root, path), join(dir, path), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
}

function linkPackages(dir) {
  mkdirSync(join(dir, 'node_modules/@tidemark'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@tidemark') symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  }
  for (const { dir: project, name } of projects()) symlinkSync(join(dir, project), join(dir, 'node_modules', name));
}

/** Writes the violations and returns how to take them back. */
function plant(dir, plants) {
  const before = new Map();
  for (const { file, text, edit } of plants) {
    const path = join(dir, file);
    if (!before.has(path)) before.set(path, existsSync(path) ? readFileSync(path, 'utf8') : undefined);
    const now = existsSync(path) ? readFileSync(path, 'utf8') : '';
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, edit === undefined ? text : edit(now));
  }
  return () => {
    for (const [path, text] of before) {
      if (text === undefined) rmSync(path);
      else writeFileSync(path, text);
    }
  };
}

/** Runs a program of node_modules/.bin, or `node`, in the copy. @returns {{ code: number, out: string, err: string }} */
function run(dir, [command, ...args]) {
  const path = [dirname(process.execPath), join(dir, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: dir,
    env: { ...process.env, PATH: path, FORCE_COLOR: undefined, NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  if (error !== undefined) throw error;
  return { code: status ?? 1, out: stdout, err: stderr };
}
