import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECKS } from './tidy.mjs';

const breaches = (rule, file, text) => CHECKS[rule]([{ file, text }]).map(({ line }) => line);

describe('tidy', () => {
  it('takes a skipped test that says why, and one that carries its condition', () => {
    const file = 'libs/x/src/a.test.ts';
    const rule = 'test-skipped-without-reason';
    assert.deepEqual(breaches(rule, file, "// Skipped: needs two machines.\nit.skip('a', () => undefined);"), []);
    assert.deepEqual(breaches(rule, file, "it.skipIf(!isLinux)('a', () => undefined);"), []);
    assert.deepEqual(breaches(rule, file, "\nit.skip('a', () => undefined);"), [2]);
  });

  it('looks for links outside code only', () => {
    assert.deepEqual(breaches('dead-link', 'README.md', '# A\n\n```\n[a](gone.md)\n```\n\n`[a](gone.md)`'), []);
    assert.deepEqual(breaches('dead-link', 'README.md', '# A\n\n[a](gone.md)'), [3]);
  });

  it('knows the anchors of headings with punctuation', () => {
    const text = '# A\n\n## What it is, and what it is not\n\n[a](#what-it-is-and-what-it-is-not)';
    assert.deepEqual(breaches('dead-link', 'README.md', text), []);
  });

  it('takes a sample with a gap, and refuses one that differs', () => {
    const original = { file: 'a.ts', text: 'one();\ntwo();\nthree();\n' };
    const document = (sample) => ({ file: 'a.md', text: `<!-- from: a.ts -->\n\n\`\`\`ts\n${sample}\n\`\`\`\n` });
    assert.deepEqual(CHECKS['sample-drift']([original, document('one();\n// …\nthree();')]), []);
    assert.equal(CHECKS['sample-drift']([original, document('one();\nthree();')]).length, 1);
  });

  it('takes the public registry and refuses any other', () => {
    assert.deepEqual(breaches('registry-host', 'a.md', 'https://registry.npmjs.org/pg'), []);
    assert.deepEqual(breaches('registry-host', 'a.md', 'http://registry.corp.example/pg'), [1]);
  });
});
