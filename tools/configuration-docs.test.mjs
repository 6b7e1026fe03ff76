import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { configuration } from './configuration-docs.mjs';
import { root } from './workspace.mjs';

describe('the documented configuration', () => {
  for (const { process, variables } of configuration()) {
    const source = readFileSync(join(root, `libs/config/src/${process}.config.ts`), 'utf8');
    const names = variables.map(({ name }) => name);

    it(`has every variable that ${process} reads`, () => {
      const read = [...source.matchAll(/\benv\.(TIDEMARK_\w+)/g)].map(([, name]) => name);
      assert.ok(read.length > 0);
      assert.deepEqual([...new Set(names)].sort(), [...new Set(read)].sort());
    });

    it(`says what a default of ${process} is, and not what it is called`, () => {
      for (const { name, otherwise } of variables) assert.doesNotMatch(otherwise, /^`[A-Z_]+`$/, name);
    });

    it(`says of every variable of ${process} what it is`, () => {
      for (const { name, says, otherwise } of variables) assert.ok(says.length > 15 && otherwise !== '', name);
    });
  }
});
