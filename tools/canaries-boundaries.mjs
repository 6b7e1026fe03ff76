// Canaries for the import rules: from every project an import of every other one that the table does not allow, and one
// of each other kind that a rule forbids.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import config from '../.dependency-cruiser.mjs';
import { CORE_BUILTINS, layerOf, mayImport, PACKAGE_BANS } from './boundaries.mjs';
import { projects, root } from './workspace.mjs';

// Installed because others need it, and declared by none of our projects.
const UNDECLARED = 'estraverse';
const BUILTINS = ['fs', 'child_process', 'net', 'crypto', 'timers'];

export const BOUNDARY_CANARIES = {
  rules: () => config.forbidden.map(({ name }) => name),
  plants: () => {
    const all = projects();
    const targets = all.map(({ dir }) => ({ file: `${dir}/src/canary-target.ts`, text: 'export const here = 1;\n' }));
    return [...targets, ...all.flatMap((project) => projectPlants(project, all)), ...generalPlants()];
  },
  run: (copy) => {
    const folders = ['apps', 'libs', 'examples'];
    const { out, err } = copy.run([
      'depcruise',
      '--config',
      '.dependency-cruiser.mjs',
      '--output-type',
      'json',
      ...folders,
    ]);
    if (out === '') throw new Error(err);
    // Installed packages are links; they resolve to the original's folder.
    return JSON.parse(out).summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      at: `${from} → ${to.replace(/^.*node_modules\//, '')}`,
    }));
  },
};

function projectPlants(project, all) {
  const { dir, manifest } = project;
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  const others = all.filter((other) => other.dir !== dir);
  const forbidden = others.filter((other) => !mayImport(project, other));
  const undeclared = others.filter((other) => !declared.includes(other.name));
  const to = (rule, file) => (other) => ({ rule, at: `${dir}/src/${file} → ${other.dir}/` });
  return [
    importing(
      `${dir}/src/canary-projects.ts`,
      others.map((other) => pathTo(dir, other)),
      [
        ...forbidden.map(to(`${dir}-may-not-use`, 'canary-projects.ts')),
        ...undeclared.map(to(`${dir}-undeclared-project`, 'canary-projects.ts')),
      ],
    ),
    importing(
      `${dir}/src/canary-package.ts`,
      [UNDECLARED],
      [{ rule: `${dir}-undeclared-package`, at: `${dir}/src/canary-package.ts` }],
    ),
    importing(
      `${dir}/src/canary-package.test.ts`,
      [UNDECLARED],
      [{ rule: `${dir}-undeclared-package-in-test`, at: `${dir}/src/canary-package.test.ts` }],
    ),
    ...builtinPlants(project),
    ...banPlants(project),
  ];
}

/** By name where the project can be imported by name, else by path: both ways must be noticed. */
function pathTo(dir, other) {
  const named = Object.hasOwn(other.manifest, 'exports') && existsSync(join(root, other.dir, 'src/index.ts'));
  return named ? other.name : relative(`${dir}/src`, `${other.dir}/src/canary-target.js`);
}

function builtinPlants(project) {
  if (layerOf(project) !== 'layer:core') return [];
  const allowed = CORE_BUILTINS.filter(({ project: name }) => name === project.name).flatMap(({ modules }) => modules);
  const file = `${project.dir}/src/canary-node.ts`;
  const expected = BUILTINS.filter((name) => !allowed.includes(name));
  return [
    importing(
      file,
      BUILTINS.map((name) => `node:${name}`),
      expected.map((name) => ({ rule: `${project.dir}-uses-node`, at: `${file} → ${name}` })),
    ),
  ];
}

function banPlants(project) {
  return PACKAGE_BANS.filter(({ tags }) => tags.includes(layerOf(project))).map(({ rule, packages }) => {
    const file = `${project.dir}/src/canary-${rule}.ts`;
    // What is not installed cannot be imported; that the rest of the list bites shows that the rule does.
    const installed = packages
      .map((name) => name.replace('@nestjs/*', '@nestjs/common').replace('@grpc/*', '@grpc/grpc-js'))
      .filter((name) => existsSync(join(root, 'node_modules', name)));
    return importing(
      file,
      installed,
      installed.map((name) => ({ rule, at: `${file} → ${name}/` })),
    );
  });
}

function generalPlants() {
  const from = 'libs/stores/src/canary';
  const expect = (rule, at) => [{ rule, at }];
  return [
    importing(`${from}-past.ts`, ['../../domain/src/canary-target.js'], expect('past-the-index', `${from}-past.ts`)),
    importing(
      `${from}-past.test.ts`,
      ['../../domain/src/canary-target.js'],
      expect('past-the-index', `${from}-past.test.ts`),
    ),
    importing(
      `${from}-relative.ts`,
      ['../../domain/src/index.js'],
      expect('relative-across-projects', `${from}-relative.ts`),
    ),
    importing(
      `${from}-uses-test.ts`,
      ['./canary-package.test.js'],
      expect('test-code-in-production', `${from}-uses-test.ts`),
    ),
    importing(
      `${from}-uses-contract.ts`,
      ['./canary.contract.js'],
      expect('test-code-in-production', `${from}-uses-contract.ts`),
    ),
    importing(`${from}.contract.ts`, [], []),
    importing(
      `${from}-uses-testing.ts`,
      ['./testing/canary.js'],
      expect('test-code-in-production', `${from}-uses-testing.ts`),
    ),
    importing('libs/stores/src/testing/canary.ts', [], []),
    importing(
      'examples/canary/src/job.ts',
      ['./shared.js'],
      expect('job-uses-node', 'examples/canary/src/job.ts → fs'),
    ),
    importing('examples/canary/src/shared.ts', ['node:fs'], []),
    importing(`${from}-a.ts`, ['./canary-b.js'], expect('cycle', `${from}-a.ts`)),
    importing(`${from}-b.ts`, ['./canary-a.js'], []),
    importing(`${from}-lost.ts`, ['./nowhere.js'], expect('unresolvable', `${from}-lost.ts`)),
  ];
}

function importing(file, paths, expect) {
  return { file, text: [...paths.map((path) => `import '${path}';`), 'export {};', ''].join('\n'), expect };
}
