// Canaries for the tools that look at all code at once: the formatter, the compiler and knip.
const WRONG = 'const wrong: number = "text";\nexport { wrong };\n';

export const CODE_CANARIES = {
  rules: () => [
    'format',
    'types',
    'types of tests',
    'unused file',
    'unused export',
    'unused dependency',
    'unlisted dependency',
  ],
  plants: () => [
    {
      file: 'libs/domain/src/canary-format.ts',
      text: 'export const  a = "b"\n',
      expect: [{ rule: 'format', at: 'libs/domain/src/canary-format.ts' }],
    },
    {
      file: 'libs/domain/src/canary-types.ts',
      text: WRONG,
      expect: [
        { rule: 'types', at: 'libs/domain/src/canary-types.ts' },
        { rule: 'unused file', at: 'libs/domain/src/canary-types.ts' },
      ],
    },
    {
      file: 'libs/domain/src/canary-types.test.ts',
      text: WRONG,
      expect: [{ rule: 'types of tests', at: 'libs/domain/src/canary-types.test.ts' }],
    },
    {
      file: 'libs/domain/src/clock.ts',
      edit: (before) => `${before}\nexport const canaryExport = 1;\n`,
      expect: [{ rule: 'unused export', at: 'canaryExport' }],
    },
    {
      file: 'libs/domain/src/tenant/tenant.ts',
      edit: (before) => `import 'acorn';\n${before}`,
      expect: [{ rule: 'unlisted dependency', at: 'libs/domain/src/tenant/tenant.ts: acorn' }],
    },
    {
      file: 'libs/domain/package.json',
      edit: (before) => JSON.stringify({ ...JSON.parse(before), dependencies: { zod: '4.6.7' } }),
      expect: [{ rule: 'unused dependency', at: 'libs/domain/package.json: zod' }],
    },
  ],
  run: (copy) => [
    ...printed('format', copy.run(['prettier', '--check', 'libs/domain/src'])),
    ...printed('types', copy.run(['tsc', '-b', 'libs/domain'])),
    ...printed('types of tests', copy.run(['tsc', '-p', 'tsconfig.tests.json'])),
    ...unusedIn(copy),
  ],
};

function printed(rule, { code, out, err }) {
  return code === 0 ? [] : `${out}\n${err}`.split('\n').map((at) => ({ rule, at }));
}

function unusedIn(copy) {
  const { out, err } = copy.run(['knip', '--no-config-hints', '--reporter', 'json']);
  if (out === '') throw new Error(err);
  return JSON.parse(out).issues.flatMap(({ file, files = [], exports = [], dependencies = [], unlisted = [] }) => [
    ...files.map(() => ({ rule: 'unused file', at: file })),
    ...exports.map(({ name }) => ({ rule: 'unused export', at: `${file}: ${name}` })),
    ...dependencies.map(({ name }) => ({ rule: 'unused dependency', at: `${file}: ${name}` })),
    ...unlisted.map(({ name }) => ({ rule: 'unlisted dependency', at: `${file}: ${name}` })),
  ]);
}
