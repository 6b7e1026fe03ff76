import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import {
  CORE_CLOCKS,
  ENVIRONMENT,
  ENVIRONMENT_READERS,
  MISTAKES,
  PROTOCOL,
  PROTOCOL_CLOCKS,
  PROTOCOL_EXEMPT,
  TYPED_RULES,
} from './tools/restrictions.mjs';
import { layerOf } from './tools/boundaries.mjs';
import { LIMITS, LONGER } from './tools/size-ratchet.mjs';
import { projects } from './tools/workspace.mjs';

const TESTS = [
  '**/*.{test,contract,e2e}.ts',
  '**/testing/**/*.ts',
  'libs/testing/**/*.ts',
  'apps/e2e/**/*.ts',
  '**/*.test.mjs',
];
const TYPED = ['{apps,libs,examples}/**/*.ts', 'vitest.config.ts'];
const coreFiles = projects()
  .filter((project) => layerOf(project) === 'layer:core')
  .map(({ dir }) => `${dir}/src/**/*.ts`);

const linesMax = (max) => ['error', { max, skipBlankLines: true, skipComments: true }];

export default defineConfig(
  {
    ignores: ['**/dist/', '**/node_modules/', '.nx/', 'libs/contracts/src/generated/', 'libs/checkpoint/fixtures/v*/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { rules: Object.fromEntries(MISTAKES.map((rule) => [rule, 'error'])) },
  {
    files: TYPED,
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    // One program for the whole tree: tests are in no project of their own, and one program is built once.
    languageOptions: { parserOptions: { project: ['./tsconfig.tests.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...TYPED_RULES,
      // Nest modules and TypeORM migrations are classes because their frameworks ask for one.
      '@typescript-eslint/no-extraneous-class': 'off',
      // A port says Promise where one of its adapters waits; the others need not.
      '@typescript-eslint/require-await': 'off',
      // A sink without anything to close has an empty close().
      '@typescript-eslint/no-empty-function': 'off',
      // Both forms say the same, and `x === undefined ||` says it louder.
      '@typescript-eslint/prefer-optional-chain': 'off',
      // `type` and `interface` differ (index signatures); the writer knows which one is meant.
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
    },
  },
  {
    files: [...TYPED, '**/*.mjs'],
    ignores: TESTS,
    rules: {
      'max-lines': linesMax(LIMITS.file),
      'max-lines-per-function': linesMax(LIMITS.function),
    },
  },
  ...LONGER.map(({ file, lines, functionLines }) => ({
    files: [file],
    rules: {
      ...(lines === undefined ? {} : { 'max-lines': linesMax(lines) }),
      ...(functionLines === undefined ? {} : { 'max-lines-per-function': linesMax(functionLines) }),
    },
  })),
  {
    files: TYPED,
    ignores: [...TESTS, ...ENVIRONMENT_READERS.map(({ file }) => file)],
    rules: { 'no-restricted-syntax': ['error', ENVIRONMENT] },
  },
  { files: coreFiles, ignores: TESTS, rules: { 'no-restricted-syntax': ['error', ENVIRONMENT, ...CORE_CLOCKS] } },
  {
    files: PROTOCOL,
    ignores: [...TESTS, ...PROTOCOL_EXEMPT.map(({ file }) => file)],
    rules: { 'no-restricted-syntax': ['error', ENVIRONMENT, ...PROTOCOL_CLOCKS] },
  },
  {
    files: TESTS.filter((glob) => !glob.endsWith('.mjs')),
    rules: {
      // A test reads answers of drivers and parsers as they come, and does what tenants do.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-implied-eval': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Options of operators are objects of functions, whose `this` nobody uses; the guest takes built-ins apart on purpose.
    files: ['libs/streams/src/**/*.ts', 'libs/sandbox/src/guest/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        clearInterval: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setImmediate: 'readonly',
        setInterval: 'readonly',
        setTimeout: 'readonly',
        TextDecoder: 'readonly',
        URL: 'readonly',
      },
    },
    rules: { 'no-undef': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
);
