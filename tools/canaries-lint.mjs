// Canaries for the linter: one snippet for each rule that is ours, switched on by us, or relied on.
import { CORE_CLOCKS, ENVIRONMENT, MISTAKES, PROTOCOL_CLOCKS, RELIED_ON, TYPED_RULES } from './restrictions.mjs';
import { LIMITS } from './size-ratchet.mjs';

const CORE = 'libs/domain/src/canary.ts';
const PROTOCOL = 'apps/runner/src/canary.ts';
const APP = 'libs/stores/src/canary.ts';
const TOOL = 'tools/canary-lint.mjs';

const CORE_SNIPPETS = [
  'export const a = Date.now();',
  'export const b = new Date();',
  'export const c = Math.random();',
  'export const d = setTimeout(() => undefined, 1);',
  'export const e = setInterval(() => undefined, 1);',
  'export const f = process.env["HOME"];',
  'export const g = performance.now();',
];

/** By line, the clock of the table that each one is. */
const PROTOCOL_SNIPPETS = [
  ["import { randomUUID } from 'node:crypto';", 2],
  ["import { createConnection } from 'node:net';", 3],
  ['export const a = [randomUUID, createConnection];', undefined],
  ['export const b = Date.now();', 0],
  ['export const c = performance.now();', 0],
  ['export const d = new Date();', 0],
  ['export const e = setTimeout(() => undefined, 1);', 1],
  ['export const f = setImmediate(() => undefined);', 1],
  ['export const g = Math.random();', 2],
  ["export const h = fetch('http://x');", 3],
];

const TYPED_SNIPPETS = {
  '@typescript-eslint/await-thenable': 'export const thenable = async () => { await 1; };',
  '@typescript-eslint/consistent-type-imports':
    "import { TidemarkError } from '@tidemark/domain';\nexport const typeOnly: TidemarkError | undefined = undefined;",
  '@typescript-eslint/no-explicit-any': 'export const anything: any = 1;',
  '@typescript-eslint/no-floating-promises': 'export const lost = () => { Promise.resolve(1); };',
  '@typescript-eslint/no-misused-promises':
    'export const misused = () => { if (Promise.resolve(true)) return 1; return 2; };',
  '@typescript-eslint/no-unsafe-argument': 'export const unsafe = () => encodeURIComponent(JSON.parse("1"));',
  '@typescript-eslint/no-unused-vars': 'const unused = 1;',
  '@typescript-eslint/only-throw-error': 'export const thrown = () => { throw "text"; };',
  '@typescript-eslint/restrict-template-expressions': 'export const template = `${{ a: 1 }}`;',
  '@typescript-eslint/switch-exhaustiveness-check':
    "export const open = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } return 2; };",
};

const MISTAKE_SNIPPETS = {
  eqeqeq: 'export const r1 = (a) => a == 1;',
  'no-async-promise-executor': 'export const r2 = new Promise(async (resolve) => resolve(1));',
  'no-cond-assign': 'export function r3(a) { if (a = 1) return a; return 2; }',
  'no-constant-condition': 'export function r4() { if (true) return 1; return 2; }',
  'no-dupe-else-if': 'export function r5(a) { if (a) return 1; else if (a) return 2; return 3; }',
  'no-duplicate-case': 'export function r6(a) { switch (a) { case 1: return 1; case 1: return 2; } return 3; }',
  'no-empty': 'export function r7(a) { if (a) {} }',
  'no-ex-assign': 'export function r8() { try { return 1; } catch (error) { error = 2; return error; } }',
  'no-fallthrough': 'export function r9(a) { let b = 0; switch (a) { case 1: b = 1; case 2: b = 2; } return b; }',
  'no-loss-of-precision': 'export const r10 = 5123000000000000000000000000001;',
  'no-prototype-builtins': "export const r11 = (a) => a.hasOwnProperty('b');",
  'no-self-assign': 'export function r12(a) { a = a; return a; }',
  'no-sparse-arrays': 'export const r13 = [1, , 2];',
  'no-unreachable': 'export function r14() { return 1; console.log(2); }',
  'no-unsafe-finally': 'export function r15() { try { return 1; } finally { return 2; } }',
  'no-useless-escape': String.raw`export const r16 = 'a\d';`,
  'no-var': 'export function r17() { var a = 1; return a; }',
  'prefer-const': 'export function r18() { let a = 1; return a; }',
  'use-isnan': 'export const r19 = (a) => a === NaN;',
};

const TOOL_SNIPPETS = { 'no-undef': 'export const u1 = nowhere;', 'no-unused-vars': 'const u2 = 1;' };

const many = (count, line) => Array.from({ length: count }, (_, index) => line(index)).join('\n');
const LONG_FILE = many(LIMITS.file + 1, (index) => `export const line${index} = ${index};`);
const LONG_FUNCTION = `export function long(out) {\n${many(LIMITS.function, (index) => `  out(${index});`)}\n}`;

const SYNTAX = [...CORE_CLOCKS, ...PROTOCOL_CLOCKS, ENVIRONMENT].map(({ message }) => message);

export const LINT_CANARIES = {
  rules: () => [
    ...SYNTAX,
    ...MISTAKES,
    ...Object.keys(TYPED_RULES),
    ...RELIED_ON,
    ...Object.keys(TOOL_SNIPPETS),
    'max-lines',
    'max-lines-per-function',
  ],
  plants: () => [
    { file: CORE, text: `${CORE_SNIPPETS.join('\n')}\n`, expect: syntaxExpected() },
    {
      file: PROTOCOL,
      text: `${PROTOCOL_SNIPPETS.map(([line]) => line).join('\n')}\n`,
      expect: PROTOCOL_SNIPPETS.flatMap(([, clock], index) =>
        clock === undefined ? [] : [{ rule: PROTOCOL_CLOCKS[clock].message, at: `${PROTOCOL}:${index + 1}:` }],
      ),
    },
    planted(
      APP,
      TYPED_SNIPPETS,
      [{ rule: ENVIRONMENT.message, at: `${APP}:` }],
      'export const home = process.env["HOME"];',
    ),
    planted(TOOL, { ...MISTAKE_SNIPPETS, ...TOOL_SNIPPETS }, []),
    {
      file: 'tools/canary-long.mjs',
      text: `${LONG_FILE}\n`,
      expect: [{ rule: 'max-lines', at: 'tools/canary-long.mjs' }],
    },
    {
      file: 'tools/canary-function.mjs',
      text: `${LONG_FUNCTION}\n`,
      expect: [{ rule: 'max-lines-per-function', at: 'tools/canary-function.mjs' }],
    },
  ],
  run: (copy, plants) => {
    const { out, err } = copy.run(['eslint', '--format', 'json', ...plants.map(({ file }) => file)]);
    if (out === '') throw new Error(err);
    return JSON.parse(out).flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId, message, line }) => ({
        rule: ruleId === 'no-restricted-syntax' ? message : ruleId,
        at: `${filePath.slice(copy.dir.length + 1)}:${line}:`,
      })),
    );
  },
};

/** The first four clocks stand on lines 1 to 4, the second timer on line 5, the environment on line 6, the last clock on 7. */
function syntaxExpected() {
  const [now, date, chance, timer, performance] = CORE_CLOCKS.map(({ message }) => message);
  const messages = [now, date, chance, timer, timer, ENVIRONMENT.message, performance];
  return messages.map((rule, index) => ({ rule, at: `${CORE}:${index + 1}:` }));
}

function planted(file, snippets, more, extra = '') {
  const expect = Object.keys(snippets).map((rule) => ({ rule, at: `${file}:` }));
  return { file, text: `${Object.values(snippets).join('\n')}\n${extra}\n`, expect: [...expect, ...more] };
}
