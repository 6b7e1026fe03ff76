// Import rules, generated from tools/boundaries.mjs and the package.json of every project.
import { builtinModules } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORE_BUILTINS, layerOf, mayImport, PACKAGE_BANS, TEST_CODE, TEST_FILES } from './tools/boundaries.mjs';
import { projects, root } from './tools/workspace.mjs';

const all = projects();
const rootManifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const oneOf = (texts) => `(${texts.map(literal).join('|')})`;
const insideOf = (these) => `^${oneOf(these.map(({ dir }) => dir))}/`;
// What a project ships. Scripts beside it, which build it or write its fixtures, are tools.
const sourcesOf = (these) => `^${oneOf(these.map(({ dir }) => dir))}/src/`;
const inPackages = (names) =>
  `(^|/)node_modules/(${names.map((name) => literal(name).replace('\\*', '[^/]+')).join('|')})(/|$)`;
const error = (rule) => ({ severity: 'error', ...rule });

/** One rule a project: what the table lets it import of ours. */
const layerRules = all
  .map((project) => ({ project, forbidden: all.filter((other) => !mayImport(project, other)) }))
  .filter(({ forbidden }) => forbidden.length > 0)
  .map(({ project, forbidden }) =>
    error({
      name: `${project.dir}-may-not-use`,
      comment: `${project.dir} is ${layerOf(project)}; see tools/boundaries.mjs for what that may import.`,
      from: { path: sourcesOf([project]), pathNot: TEST_CODE },
      to: { path: insideOf(forbidden) },
    }),
  );

const banRules = PACKAGE_BANS.map(({ rule, tags, packages, why }) =>
  error({
    name: rule,
    comment: why,
    from: { path: sourcesOf(all.filter((project) => tags.includes(layerOf(project)))), pathNot: TEST_CODE },
    to: { path: inPackages(packages) },
  }),
);

const coreBuiltinRules = all
  .filter((project) => layerOf(project) === 'layer:core')
  .map((project) => {
    const allowed = CORE_BUILTINS.filter((exception) => exception.project === project.name).flatMap((e) => e.modules);
    const banned = builtinModules.filter((name) => !allowed.includes(name.replace(/^node:/, '')));
    return error({
      name: `${project.dir}-uses-node`,
      comment: 'The core has no I/O, clock or randomness of its own; take what is needed as an argument or a port.',
      from: { path: sourcesOf([project]), pathNot: TEST_CODE },
      to: { dependencyTypes: ['core'], path: `^(node:)?${oneOf(banned.map((name) => name.replace(/^node:/, '')))}$` },
    });
  });

const declaredBy = (manifest) => Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
const declaredForTestsBy = (manifest) => [...declaredBy(manifest), ...Object.keys(manifest.devDependencies ?? {})];

/** What a project imports stands in its own package.json; its tests may also use what the root declares. */
const declarationRules = all.flatMap((project) => {
  const forTests = [...declaredForTestsBy(project.manifest), ...declaredForTestsBy(rootManifest)];
  const others = all.filter((other) => other.dir !== project.dir && !declaredBy(project.manifest).includes(other.name));
  const packagesOutside = (names) => ({
    path: '(^|/)node_modules/',
    pathNot: names.length > 0 ? [inPackages(names)] : [],
  });
  return [
    error({
      name: `${project.dir}-undeclared-package`,
      comment: `Declare the package in ${project.dir}/package.json with an exact version.`,
      from: { path: sourcesOf([project]), pathNot: TEST_FILES },
      to: packagesOutside(declaredBy(project.manifest)),
    }),
    error({
      name: `${project.dir}-undeclared-package-in-test`,
      comment: `Declare the package in ${project.dir}/package.json or among the root's devDependencies.`,
      from: { path: TEST_FILES.map((pattern) => testFilesIn(project.dir, pattern)) },
      to: packagesOutside(forTests),
    }),
    error({
      name: `${project.dir}-undeclared-project`,
      comment: `Declare the project in ${project.dir}/package.json, then run: node tools/references.mjs`,
      from: { path: sourcesOf([project]), pathNot: TEST_FILES },
      to: { path: insideOf(others) },
    }),
  ];
});

/** The part of one pattern of TEST_FILES that lies in one project. */
function testFilesIn(dir, pattern) {
  return pattern.startsWith('^') ? `(?=^${literal(dir)}/)${pattern}` : `^${literal(dir)}/.*${pattern}`;
}

/** Every file that a project's `exports` names as its source. */
const entries = all.flatMap(({ dir, manifest }) =>
  Object.values(manifest.exports ?? {})
    .map((entry) => (typeof entry === 'string' ? entry : entry['@tidemark/source']))
    .filter((path) => path !== undefined)
    .map((path) => `^${literal(`${dir}/${path.replace(/^\.\//, '')}`)}$`),
);

const anyProject = '^((apps|libs|examples)/[^/]+)/';

const generalRules = [
  error({
    name: 'past-the-index',
    comment: 'Import a project by its name or by a subpath that its package.json exports, not by a file inside it.',
    from: { path: anyProject },
    to: { path: anyProject, pathNot: ['^$1/', ...entries] },
  }),
  error({
    name: 'relative-across-projects',
    comment: 'A relative path that leaves the project escapes its package.json. Import by name.',
    from: { path: anyProject },
    to: { path: anyProject, pathNot: '^$1/', dependencyTypes: ['local'] },
  }),
  error({
    name: 'test-code-in-production',
    comment: 'Test code is not built and not shipped.',
    from: { path: '^(apps|libs|examples)/[^/]+/src/', pathNot: TEST_CODE },
    to: { path: TEST_CODE },
  }),
  error({
    name: 'job-uses-node',
    comment: 'A job runs in the sandbox, where nothing of Node exists, and so does everything that it imports.',
    from: { path: '^examples/[^/]+/src/[^/]*job\\.ts$' },
    to: { path: `^(node:)?${oneOf(builtinModules)}$`, reachable: true },
  }),
  error({
    name: 'cycle',
    comment: 'Files that import each other can be neither read nor loaded in order.',
    from: {},
    to: { circular: true },
  }),
  error({ name: 'unresolvable', comment: 'This import leads nowhere.', from: {}, to: { couldNotResolve: true } }),
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [...layerRules, ...banRules, ...coreBuiltinRules, ...declarationRules, ...generalRules],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(apps|libs|examples)/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    tsConfig: { fileName: 'tsconfig.tests.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tidemark/source', 'import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
