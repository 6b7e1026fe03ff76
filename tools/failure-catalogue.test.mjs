import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { catalogue, FAILURES, problemsOf } from './failure-catalogue.mjs';
import { textFiles } from './files.mjs';
import { root } from './workspace.mjs';

const read = (file) => readFileSync(join(root, file), 'utf8');
const row = (number, shown) => `| R${number} | something breaks | the job goes on where it was | ${shown} |`;
const all = (shown) => Array.from({ length: FAILURES }, (_, index) => row(index + 1, shown(index + 1))).join('\n');
const files = [{ file: 'apps/e2e/src/a.e2e.ts', text: `it('R1: goes on');` }];
const reason = () => 'Not shown: there is no such part in this product.';

describe('the catalogue of failures', () => {
  it('names only tests, faults and commands that there are', () => {
    assert.deepEqual(
      problemsOf(read('docs/reliability.md'), textFiles(), JSON.parse(read('package.json')).scripts),
      [],
    );
  });

  it('has a row for each', () => {
    assert.equal(catalogue(all(reason)).length, FAILURES);
    assert.deepEqual(problemsOf(all(reason), [], {}), []);
    assert.equal(problemsOf(all(reason).replace('| R7 |', '| R8 |'), [], {}).length, 2);
  });

  it('refuses a test that does not exist, one under another number, and a row without evidence or reason', () => {
    const first = (shown) =>
      problemsOf(
        all((number) => (number === 1 ? shown : reason())),
        files,
        { known: '' },
      );
    assert.deepEqual(first('`a.e2e` "R1: goes"'), []);
    assert.match(first('`a.e2e` "R1: stops"').join(), /no test "R1: stops" in a.e2e/);
    assert.match(first('`b.e2e` "R1: goes"').join(), /in b.e2e/);
    assert.match(first('`a.e2e` "R11: goes"').join(), /does not carry the number/);
    assert.match(first('`npm run unknown`').join(), /there is no unknown/);
    assert.deepEqual(first('`npm run known`'), []);
    assert.match(first('fault "of nobody"').join(), /no fault/);
    assert.match(first('somewhere').join(), /names nothing/);
  });
});
