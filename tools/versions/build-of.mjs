// Another version of this repository, built in a folder of its own. Its packages are hard links to ours, which have to be
// the same: the links among the workspaces are relative, so they lead to its own.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// What git has to say stands in the error.
const git = (root, ...args) =>
  execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** The newest tag before HEAD, or else the commit before it. */
export function previousVersion(root) {
  try {
    return git(root, 'describe', '--tags', '--abbrev=0', 'HEAD~1');
  } catch {
    return git(root, 'rev-parse', 'HEAD~1');
  }
}

/** Checks the version out into `folder` and builds it. @throws Error if it has other packages. */
export function buildOf(root, version, folder) {
  git(root, 'worktree', 'add', '--detach', '--force', folder, version);
  const lock = (where) => readFileSync(join(where, 'package-lock.json'), 'utf8');
  if (lock(root) !== lock(folder))
    throw new Error(`${version} needs other packages: build it by hand, and pass --build.`);
  for (const packages of ['node_modules', 'apps/cli/node_modules']) {
    if (existsSync(join(root, packages))) execFileSync('cp', ['-al', join(root, packages), join(folder, packages)]);
  }
  execFileSync(
    process.execPath,
    ['--input-type=module', '-e', "await (await import('./tools/prepare.mjs')).prepare()"],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
}

export function removeBuild(root, folder) {
  git(root, 'worktree', 'remove', '--force', folder);
}
