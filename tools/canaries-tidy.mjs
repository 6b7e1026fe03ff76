// Canaries for tools/tidy.mjs.
import { CHECKS } from './tidy.mjs';

const TEST = 'libs/domain/src/canary.test.ts';

/** From rule to the line that breaks it, the file it stands in, and where that is not enough the whole file. */
const LINES = [
  ['leftover-marker', 'libs/domain/src/canary-marker.ts', '// TODO: later'],
  ['leftover-marker', 'docs/canary-marker.md', '# One\n\nFIXME'],
  ['lint-switched-off', 'libs/domain/src/canary-lint.ts', '// eslint-disable-next-line'],
  ['types-switched-off', 'libs/domain/src/canary-types.ts', '// @ts-ignore'],
  ['types-switched-off', 'libs/domain/src/canary-nocheck.ts', '// @ts-nocheck'],
  ['types-expected-to-fail', 'libs/domain/src/canary-expect.ts', '// @ts-expect-error'],
  ['test-alone', TEST, "it.only('runs alone', () => undefined);"],
  ['test-skipped-without-reason', 'libs/domain/src/canary-skip.test.ts', "it.skip('is not run', () => undefined);"],
  ['fixed-sleep', 'libs/domain/src/canary-sleep.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 100));'],
  ['registry-host', 'docs/canary-registry.md', '# One\n\nhttp://npm.corp.example/left-pad'],
  ['one-title', 'docs/canary-titles.md', '# One\n\n# Two'],
  ['one-title', 'docs/canary-untitled.md', 'No title.'],
  ['dead-link', 'docs/canary-link.md', '# One\n\n[gone](gone.md)'],
  ['dead-link', 'docs/canary-anchor.md', '# One\n\n[gone](#gone)'],
  ['dead-path', 'docs/canary-path.md', '# One\n\n`libs/domain/src/gone.ts`'],
  ['sample-drift', 'docs/canary-sample.md', '# One\n\n<!-- from: tools/tidy.mjs -->\n\n```js\nnowhere();\n```'],
  ['decision-not-listed', 'docs/adr/9999-canary.md', '# One'],
  ['decision-incomplete', 'docs/adr/9999-canary.md', '# One'],
];

export const TIDY_CANARIES = {
  rules: () => Object.keys(CHECKS),
  plants: (copy) => [
    ...LINES.map(([rule, file, text]) => ({ file, text: `${text}\n`, expect: [{ rule, at: file }] })),
    {
      file: 'docs/canary-machine.md',
      text: `# One\n\n${copy.dir}/x\n`,
      expect: [{ rule: 'machine-path', at: 'docs/canary-machine.md' }],
    },
    {
      file: 'tools/size-ratchet.mjs',
      edit: (before) =>
        `${before}\nLONGER.push({ file: 'tools/tidy.mjs', lines: 999, why: 'no' }, { file: 'gone.ts', lines: 1, why: 'no' });\n`,
      expect: [
        { rule: 'size-exception-idle', at: 'tools/tidy.mjs' },
        { rule: 'size-exception-idle', at: 'gone.ts' },
        { rule: 'size-exception-unexplained', at: 'gone.ts' },
      ],
    },
  ],
  run: (copy) => {
    const { err } = copy.run(['node', 'tools/tidy.mjs']);
    return err.split('\n').flatMap((line) => {
      const [, at, rule] = /^(\S+) {2}([a-z-]+): /.exec(line) ?? [];
      return rule === undefined ? [] : [{ rule, at }];
    });
  },
};
