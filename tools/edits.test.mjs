import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readCases } from './edits/cases.mjs';
import { judge } from './edits/judge.mjs';

const found = { verdicts: { counts: 'as_is' }, reasons: {}, logic: { counts: 'same', out: 'same' } };
const asIs = { counts: 'as_is' };

describe('a case of an edit', () => {
  it('is right when verdicts and logic are as its label says', () => {
    assert.deepEqual(judge({ label: 'cosmetic', verdicts: asIs }, found), []);
    const changed = { ...found, logic: { counts: 'changed', out: 'same' } };
    assert.deepEqual(judge({ label: 'logic', verdicts: asIs, logic: ['counts'] }, changed), []);
    const refused = { ...found, verdicts: { counts: 'refused' } };
    assert.deepEqual(judge({ label: 'shape', verdicts: { counts: 'refused' } }, refused), []);
  });

  it('is wrong with another verdict, one too many or one too few', () => {
    assert.match(judge({ label: 'shape', verdicts: { counts: 'evolve' } }, found)[0], /should be evolve and is as_is/);
    assert.match(judge({ label: 'cosmetic', verdicts: {} }, found)[0], /should be absent and is as_is/);
    assert.match(judge({ label: 'cosmetic', verdicts: { ...asIs, more: 'as_is' } }, found)[0], /is absent/);
  });

  it('is wrong with a change of logic that nobody made, that was missed, or that is not known', () => {
    const judged = (label, logic, change) =>
      judge({ label, verdicts: asIs, logic }, { ...found, logic: { counts: change } }).length;
    assert.equal(judged('cosmetic', [], 'changed'), 1);
    assert.equal(judged('cosmetic', [], 'unknown'), 1);
    assert.equal(judged('logic', ['counts'], 'same'), 1);
    assert.equal(judged('logic', ['counts'], 'unknown'), 1);
  });

  it('is wrong when its own verdicts are not those of its label', () => {
    assert.equal(judge({ label: 'shape', verdicts: asIs }, found).length, 1);
    assert.equal(judge({ label: 'logic', verdicts: asIs }, found).length, 1);
  });

  it('is found at any depth, and refused with a label or a member that is not known', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-edits-'));
    const write = (expected) => {
      mkdirSync(join(folder, 'a/b'), { recursive: true });
      writeFileSync(join(folder, 'a/b/expected.json'), JSON.stringify(expected));
    };
    try {
      write({ label: 'cosmetic', verdicts: {} });
      assert.deepEqual(
        readCases(folder).map((edit) => edit.folder),
        [join(folder, 'a/b')],
      );
      write({ label: 'other', verdicts: {} });
      assert.throws(() => readCases(folder), /the label must be one of/);
      write({ label: 'logic', verdicts: {}, logics: [] });
      assert.throws(() => readCases(folder), /no member "logics"/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
