import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, summaryLine, tapCounts, vitestCounts } from './suites.mjs';

const passed = { status: 'passed' };
const failed = { status: 'failed' };

describe('counting tests', () => {
  it('takes the counts of a vitest report', () => {
    const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    const testResults = [{ status: 'failed', assertionResults: [passed, failed] }];
    assert.deepEqual(vitestCounts(JSON.stringify({ ...report, testResults })), { passed: 3, failed: 1, skipped: 3 });
  });

  it('counts a file that could not be loaded as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    assert.equal(vitestCounts(JSON.stringify({ numPassedTests: 3, numFailedTests: 0, testResults })).failed, 1);
  });

  it('takes the counts of a TAP report', () => {
    const report = 'TAP version 13\n# tests 6\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n';
    assert.deepEqual(tapCounts(report), { passed: 3, failed: 2, skipped: 1 });
  });

  it('fails a suite that has no tests', () => {
    assert.equal(judge({ passed: 0, failed: 0, skipped: 0 }, 0).failed, 1);
  });

  it('fails a suite that ends badly although every test passed', () => {
    assert.equal(judge({ passed: 5, failed: 0, skipped: 0 }, 1).failed, 1);
    assert.equal(judge({ passed: 5, failed: 0, skipped: 0 }, 0).failed, 0);
  });

  it('does not count a failure twice when the suite also ends badly', () => {
    assert.equal(judge({ passed: 5, failed: 2, skipped: 0 }, 1).failed, 2);
  });

  it('adds up every suite in one plain line', () => {
    const one = { name: 'a', passed: 2, failed: 0, skipped: 0, ms: 1 };
    assert.equal(summaryLine([one, { ...one, failed: 1 }]), '4 passed, 1 failed');
    assert.equal(summaryLine([{ ...one, skipped: 3 }]), '2 passed, 0 failed, 3 skipped');
  });
});
