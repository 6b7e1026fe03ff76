import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './instance.js';

/** Of two jobs, so that two are started. */
const CASES = [
  'cosmetic/functions-for-arrows',
  'logic/changed-inverse',
  'shape/dropped-operator',
  'shape/renamed-one-of-two',
  'cosmetic/state-members-reordered',
  'shape/evolve-several',
  'shape/migrate-required-member',
  'shape/number-to-text',
];

describe('upgrades that are planned against a job that commits every 200 ms', () => {
  // How late batches are is for `npm run verify:plans` on a machine that does nothing else.
  it('are judged as they are labelled, and no batch is left out', async () => {
    const script = join(root, 'tools/plans/check-plans.mjs');
    const folders = CASES.map((name) => join(root, 'edits', name));
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--any-delay', ...folders], {
      env: { ...process.env, NODE_OPTIONS: '' },
    }).catch((error: unknown) => {
      // It says what is wrong, and ends with code 1.
      throw error instanceof Error && 'stdout' in error ? new Error(String(error.stdout)) : error;
    });

    expect(stdout).toContain('; 0 gaps\n');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`${CASES.length} right, 0 wrong`);
  });
});
