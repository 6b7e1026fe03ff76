// Canaries for what is generated and kept in the repository: each file is changed by hand, and its check must name it.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATORS } from './generate.mjs';
import { root } from './workspace.mjs';

const changed = (before) => `${before}\n`;

export const DRIFT_CANARIES = {
  rules: () => ['references', ...GENERATORS.map(({ name }) => name)],
  plants: () => [
    ...['libs/domain/tsconfig.json', 'tsconfig.json'].map((file) => ({
      file,
      edit: changed,
      expect: [{ rule: 'references', at: file }],
    })),
    ...GENERATORS.flatMap(({ name, writes }) =>
      writes.flatMap(filesIn).map((file) => ({ file, edit: changed, expect: [{ rule: name, at: file }] })),
    ),
  ],
  run: (copy) => [
    ...linesOf('references', copy.run(['node', 'tools/references.mjs', '--check'])),
    ...GENERATORS.flatMap(({ name, script }) => linesOf(name, copy.run(['node', script, '--check']))),
  ],
};

function filesIn(path) {
  return statSync(join(root, path)).isDirectory()
    ? readdirSync(join(root, path)).map((name) => join(path, name))
    : [path];
}

/** A check that exits with 0 found nothing, whatever it prints. */
function linesOf(rule, { code, out, err }) {
  return code === 0 ? [] : `${out}\n${err}`.split('\n').map((at) => ({ rule, at }));
}
