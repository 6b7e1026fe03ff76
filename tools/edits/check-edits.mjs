// What tools/verify-edits.mjs runs, under the pinned Node: every case of a folder, a few at a time.
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SandboxHost } from '@tidemark/sandbox';
import { root } from '../workspace.mjs';
import { readCases } from './cases.mjs';
import { bundleSide } from './bundle-side.mjs';
import { withCopy } from './copied-case.mjs';
import { compare } from './compare.mjs';
import { judge } from './judge.mjs';

const AT_A_TIME = 4;

const folder = resolve(process.argv[2] ?? join(root, 'edits'));
if (!existsSync(folder)) {
  console.error(`${folder} does not exist. Usage: npm run verify:edits -- [folder of cases]`);
  process.exit(2);
}
const cases = readCases(folder);
const host = await SandboxHost.open({ mode: 'auto' });
const described = new Map();

/** Sides of several cases are the same source. */
function describe(bundle) {
  const known = described.get(bundle.code) ?? host.describe({ code: bundle.code, map: bundle.sourceMap });
  described.set(bundle.code, known);
  return known;
}

async function check(edit) {
  try {
    const sides = await withCopy(edit, (copy) => Promise.all(['old', 'new'].map((side) => bundleSide(copy, side))));
    const [before, after] = await Promise.all(sides.map(describe));
    return judge(edit.expected, compare(before, after, edit.expected.options));
  } catch (error) {
    return [`it could not be compared: ${error.message}`];
  }
}

const results = new Map();
const waiting = [...cases];
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    for (let edit = waiting.shift(); edit !== undefined; edit = waiting.shift()) results.set(edit, await check(edit));
  }),
);
await host.close();

for (const edit of cases) {
  const problems = results.get(edit);
  if (problems.length > 0)
    console.log(`✗ ${relative(folder, edit.folder)}\n${problems.map((it) => `    ${it}`).join('\n')}`);
}
const isRight = (edit) => results.get(edit).length === 0;
for (const label of ['cosmetic', 'logic', 'shape']) {
  const labelled = cases.filter(({ expected }) => expected.label === label);
  console.log(`${label.padEnd(9)} ${labelled.filter(isRight).length} of ${labelled.length} right`);
}
const right = cases.filter(isRight).length;
console.log(`${right} right, ${cases.length - right} wrong`);
// A folder without cases shows nothing.
process.exitCode = right === cases.length && right > 0 ? 0 : 1;
