// What the linter refuses beyond its presets, and what of the presets is relied on. Read by eslint.config.mjs, and by
// tools/canaries-lint.mjs, which needs one violation for each entry.

/** Configuration is read and checked once, by libs/config, so that a mistake in it stops the process at its start. */
export const ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'process.env is read by libs/config only; take the value as an argument.',
};

/** Who may touch the environment all the same. */
export const ENVIRONMENT_READERS = [
  { file: 'libs/config/src/load.ts', why: 'It is the one that reads.' },
  { file: 'apps/cli/src/main.ts', why: 'A client may not use libs/config; it hands the environment to its commands.' },
  {
    file: 'libs/sandbox/src/child/child.ts',
    why: 'Sets the time zone of its own process, whose environment is empty.',
  },
  { file: 'libs/sandbox/src/child/probe.ts', why: 'Looks for secrets in its own environment: none must be there.' },
  { file: 'libs/sandbox/src/os/launcher.ts', why: 'Finds programs on the PATH, which is no setting of ours.' },
];

/** The core gets time, chance and delay as arguments: a batch that runs again must give the same result again. */
export const CORE_CLOCKS = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Date.now() in the core: take the time as an argument or through Clock.',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'new Date() in the core: take the time as an argument or through Clock.',
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Math.random() in the core: take ids through IdSource and chance as an argument.',
  },
  {
    selector: "CallExpression[callee.name='setTimeout'], CallExpression[callee.name='setInterval']",
    message: 'A timer in the core: waiting is the work of the caller.',
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'performance.now() in the core: take the time as an argument or through Timers.',
  },
];

/** Processes of the protocol that run in the simulation too: there, time and chance are one seed's. */
export const PROTOCOL = ['apps/runner/src/**/*.ts', 'apps/scheduler/src/**/*.ts'];

/** What takes part in the protocol gets time, chance and waiting through ports; nothing of it opens a socket. */
export const PROTOCOL_CLOCKS = [
  {
    selector:
      "MemberExpression[object.name=/^(Date|performance)$/][property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'A clock in the protocol: take the time of batches from Clock, and how long something took from Timers.',
  },
  {
    selector: 'CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]',
    message: 'A timer in the protocol: wait through Timers.',
  },
  {
    selector:
      "MemberExpression[object.name='Math'][property.name='random'], ImportDeclaration[source.value=/^((node:)?(crypto|timers.*)|uuid)$/]",
    message: 'Chance in the protocol: take ids from IdSource.',
  },
  {
    selector:
      "ImportDeclaration[source.value=/^(node:)?(net|tls|dgram|https?|http2)$/], CallExpression[callee.name='fetch']",
    message: 'A socket in the protocol: talk to the port of a store, a queue or a connector.',
  },
];

/** Who may all the same. */
export const PROTOCOL_EXEMPT = [
  { file: 'apps/runner/src/system-clock.ts', why: 'It is the real side of Clock.' },
  { file: 'apps/runner/src/system-timers.ts', why: 'It is the real side of Timers.' },
  { file: 'apps/scheduler/src/system-timers.ts', why: 'It is the real side of Timers.' },
  {
    file: 'apps/runner/src/start-runner.ts',
    why: 'The process around the protocol: its own id, and its end by the clock.',
  },
  { file: 'apps/runner/src/run-batch/run-end.ts', why: 'A reference by which people find an error; nothing reads it.' },
];

/** ESLint's own recommended set is a package apart; these are the ones of it that TypeScript and Prettier leave open. */
export const MISTAKES = [
  'eqeqeq',
  'no-async-promise-executor',
  'no-cond-assign',
  'no-constant-condition',
  'no-dupe-else-if',
  'no-duplicate-case',
  'no-empty',
  'no-ex-assign',
  'no-fallthrough',
  'no-loss-of-precision',
  'no-prototype-builtins',
  'no-self-assign',
  'no-sparse-arrays',
  'no-unreachable',
  'no-unsafe-finally',
  'no-useless-escape',
  'no-var',
  'prefer-const',
  'use-isnan',
];

/** Rules on TypeScript that are set apart from the presets. */
export const TYPED_RULES = {
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  // A template that prints a number is no mistake; one that prints an object is.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
};

/** Rules of the presets that must never get lost with a new version of them: a lost promise is a lost batch. */
export const RELIED_ON = [
  '@typescript-eslint/await-thenable',
  '@typescript-eslint/no-explicit-any',
  '@typescript-eslint/no-floating-promises',
  '@typescript-eslint/no-misused-promises',
  '@typescript-eslint/no-unsafe-argument',
  '@typescript-eslint/only-throw-error',
];
