// Who may import whom. This table is the rule: .dependency-cruiser.mjs enforces it, tools/canaries.mjs proves that it
// bites, and docs/generated/boundaries.md shows it. A project's place in it is the one tag in its package.json (`nx.tags`).

/** What a project with this tag may use of ours, beside itself. */
export const LAYERS = {
  'layer:core': {
    mayUse: ['layer:core'],
    is: 'Decisions and formats. Pure: no framework, driver, clock, randomness or I/O.',
  },
  'layer:platform': {
    mayUse: ['layer:core', 'layer:platform'],
    is: 'What every process needs: configuration, telemetry, the embedded database.',
  },
  'layer:adapter': {
    mayUse: ['layer:core', 'layer:contract', 'layer:platform'],
    is: 'One outside system each, behind a port of the core. Never another adapter.',
  },
  'layer:contract': {
    mayUse: ['layer:contract'],
    is: 'Types that cross the wire, generated.',
  },
  'layer:client': {
    mayUse: ['layer:contract', 'layer:client'],
    is: 'What a user of the service installs.',
  },
  'scope:public': {
    mayUse: ['layer:contract', 'layer:client'],
    is: 'Programs that a user runs. They know the public API and nothing behind it.',
  },
  'layer:app': {
    mayUse: ['layer:core', 'layer:adapter', 'layer:contract', 'layer:platform'],
    is: 'One process each. Never another app.',
  },
  'layer:harness': {
    mayUse: ['layer:core'],
    is: "What a tenant's tests run: the engine in memory. It is bundled into @tidemark/streams, and nothing here imports it.",
  },
  'layer:testing': {
    mayUse: 'anything',
    is: 'Set-ups for tests. Nothing but tests may import it.',
  },
  'scope:example': {
    mayUse: [],
    is: 'Jobs as a tenant would write them.',
  },
};

/** What one project may use beyond its tag, and why. */
export const EXCEPTIONS = [
  {
    project: '@tidemark/local',
    mayUse: ['layer:client'],
    why: 'It submits the example job through the public API, as a user would.',
  },
  {
    project: '@tidemark/cli',
    mayUse: ['layer:core'],
    why: "`check` and `replay` run a job's batches on the user's own machine, with the engine that runs them in production.",
  },
  {
    project: '@tidemark/example-flight-delays',
    mayUse: ['@tidemark/streams'],
    why: 'The one library that a job imports.',
  },
  {
    project: '@tidemark/example-nexmark',
    mayUse: ['@tidemark/streams'],
    why: 'The one library that a job imports.',
  },
  {
    project: '@tidemark/example-operators',
    mayUse: ['@tidemark/streams'],
    why: 'The one library that a job imports.',
  },
  {
    project: '@tidemark/example-word-count',
    mayUse: ['@tidemark/streams'],
    why: 'The one library that a job imports.',
  },
];

/** Packages that no project with one of these tags may import, even if it declares them. */
export const PACKAGE_BANS = [
  {
    rule: 'core-uses-framework',
    tags: ['layer:core'],
    packages: ['@nestjs/*', 'typeorm', 'bullmq', 'pg', 'ioredis', '@grpc/*'],
    why: 'The core outlives frameworks and drivers; it talks to ports.',
  },
  {
    rule: 'client-uses-server-package',
    tags: ['layer:client', 'scope:public', 'scope:example', 'layer:contract'],
    packages: ['@nestjs/*', 'typeorm', 'bullmq', 'pg', 'ioredis', '@grpc/*', 'isolated-vm'],
    why: "A user's machine has no server.",
  },
];

/** Node's own modules are I/O, clocks and randomness, so the core has none, but for these. */
export const CORE_BUILTINS = [
  {
    project: '@tidemark/checkpoint',
    modules: ['zlib', 'crypto', 'buffer', 'timers/promises'],
    why:
      'The checkpoint format is compression, hashing and UTF-8: pure functions of their input. Large state goes through them ' +
      'in pieces, and between two pieces the process does other work.',
  },
];

/** Files that are no part of what is built: tests and what they share inside a project. */
export const TEST_FILES = ['\\.(test|contract|e2e)\\.ts$', '^(apps|libs|examples)/.+/testing/'];

/** All code that only tests run: free of the layer rules, and closed to everything else. */
export const TEST_CODE = [...TEST_FILES, '^libs/[^/]+/src/testing\\.ts$', '^libs/testing/', '^apps/e2e/'];

/**
 * @param {{ name: string, tags: string[] }} project
 * @returns {string} the one tag of the table that the project carries
 */
export function layerOf(project) {
  const known = project.tags.filter((tag) => tag in LAYERS);
  if (known.length === 1 && project.tags.length === 1) return known[0];
  throw new Error(
    `${project.name} carries the tags [${project.tags.join(', ')}]; it needs exactly one of ${Object.keys(LAYERS).join(', ')}.`,
  );
}

/** True when the table lets `project` import `other`. */
export function mayImport(project, other) {
  if (project.name === other.name) return true;
  const { mayUse } = LAYERS[layerOf(project)];
  if (mayUse === 'anything') return true;
  const extra = EXCEPTIONS.filter((exception) => exception.project === project.name).flatMap(({ mayUse }) => mayUse);
  return [...mayUse, ...extra].some((allowed) => allowed === layerOf(other) || allowed === other.name);
}
