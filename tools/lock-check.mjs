// Is package-lock.json one that `npm ci` can install, here and on another platform? A registry can lack the build of a
// package for some platform; npm then leaves it out of the lock without a word, and the next `npm ci` refuses the lock.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projects, root } from './workspace.mjs';

/** One entry a rule: from the lock and every package.json to what is wrong. */
export const LOCK_CHECKS = {
  'lock-format': ({ lock }) =>
    lock.lockfileVersion === 3 ? [] : [`lockfileVersion is ${lock.lockfileVersion}, not 3.`],
  'optional-dependency-missing': ({ lock }) =>
    Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => resolveInLock(lock, path, name) === undefined)
        .map((name) => `${path === '' ? 'the root' : path} names ${name}, and the lock does not hold it.`),
    ),
  'integrity-missing': ({ lock }) =>
    Object.entries(lock.packages)
      .filter(
        ([path, entry]) =>
          path.includes('node_modules/') && entry.link !== true && !/^sha512-/.test(entry.integrity ?? ''),
      )
      .map(([path]) => `${path} has no sha512 integrity.`),
  'registry-in-lock': ({ lock }) =>
    Object.entries(lock.packages)
      .filter(([, entry]) => /^(https?|git|file|ssh)/.test(entry.resolved ?? '') && entry.link !== true)
      .filter(([, entry]) => !entry.resolved.startsWith('https://registry.npmjs.org/'))
      .map(([path, entry]) => `${path} comes from ${entry.resolved}.`),
  'version-not-exact': ({ manifests }) =>
    manifests.flatMap(({ file, manifest }) =>
      ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
        Object.entries(manifest[kind] ?? {})
          .filter(
            ([name, version]) =>
              !(name.startsWith('@tidemark/') ? version === '*' : /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
          )
          .map(([name, version]) => `${file}: ${name} is "${version}"; write one exact version.`),
      ),
    ),
  'manifest-not-in-lock': ({ lock, manifests }) =>
    manifests.flatMap(({ file, dir, manifest }) => {
      const locked = lock.packages[dir];
      if (locked === undefined) return [`${file} is not in the lock. Run: npm install --ignore-scripts`];
      return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
        Object.entries({ ...manifest[kind], ...locked[kind] })
          .filter(([name]) => manifest[kind]?.[name] !== locked[kind]?.[name])
          .map(([name]) => `${file}: ${name} differs from the lock. Run: npm install --ignore-scripts`),
      );
    }),
};

/** Where Node would find `name` for the package at `path`: in its own node_modules, else in each one above. */
function resolveInLock(lock, path, name) {
  const owners = path
    .split('/node_modules/')
    .map((_, depth, parts) => parts.slice(0, parts.length - depth).join('/node_modules/'));
  const places = [
    ...owners.filter((owner) => owner !== '').map((owner) => `${owner}/node_modules/${name}`),
    `node_modules/${name}`,
  ];
  return places.find((place) => lock.packages[place] !== undefined);
}

function main() {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const lock = read('package-lock.json');
  const manifests = [
    { file: 'package.json', dir: '', manifest: read('package.json') },
    ...projects().map(({ dir, manifest }) => ({ file: `${dir}/package.json`, dir, manifest })),
  ];
  const found = Object.entries(LOCK_CHECKS).flatMap(([rule, check]) =>
    check({ lock, manifests }).map((says) => `package-lock.json  ${rule}: ${says}`),
  );
  for (const line of found) console.error(line);
  console.log(`lock: ${Object.keys(lock.packages).length} entries, ${found.length} problems`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();
