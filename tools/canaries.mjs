// Proves that every rule still bites: plants one violation of each in a copy of the repository, runs the tool there and
// demands that it names the rule and the place. A rule without a canary is a failure too.
// `node tools/canaries.mjs [group …]` runs some groups only.
import { BOUNDARY_CANARIES } from './canaries-boundaries.mjs';
import { CODE_CANARIES } from './canaries-code.mjs';
import { makeCopy } from './canaries-copy.mjs';
import { DRIFT_CANARIES } from './canaries-drift.mjs';
import { LINT_CANARIES } from './canaries-lint.mjs';
import { LOCK_CANARIES } from './canaries-lock.mjs';
import { TIDY_CANARIES } from './canaries-tidy.mjs';

/**
 * One a tool. `rules`: every rule that the tool has. `plants`: from rule to its violations. `run`: runs the tool in the
 * copy and returns what it found, as `{ rule, at }` with `at` naming the place.
 *
 * @typedef {{ file: string, text?: string, edit?: (before: string) => string, expect?: { rule: string, at: string }[] }} Plant
 * @typedef {{ rules: (copy: object) => string[] | Promise<string[]>, plants: (copy: object) => Plant[], run: (copy: object, plants: Plant[]) => { rule: string, at: string }[] }} Group
 */
const GROUPS = {
  boundaries: BOUNDARY_CANARIES,
  lint: LINT_CANARIES,
  tidy: TIDY_CANARIES,
  lock: LOCK_CANARIES,
  drift: DRIFT_CANARIES,
  code: CODE_CANARIES,
};

/** @returns {Promise<string[]>} what is wrong with the rules of one tool */
async function problemsOf(name, group, copy) {
  const plants = group.plants(copy);
  const expected = plants.flatMap(({ expect }) => expect ?? []);
  const restore = copy.plant(plants);
  let found;
  try {
    found = group.run(copy, plants);
  } finally {
    restore();
  }
  const silent = expected.filter(({ rule, at }) => !found.some((hit) => hit.rule === rule && hit.at.includes(at)));
  const rules = await group.rules(copy);
  const without = rules.filter((rule) => !expected.some((one) => one.rule === rule));
  console.log(
    `${name.padEnd(11)} ${String(rules.length).padStart(3)} rules, ${String(expected.length).padStart(4)} violations planted`,
  );
  return [
    ...silent.map(({ rule, at }) => `${name}: ${rule} did not notice ${at}`),
    ...without.map((rule) => `${name}: ${rule} has no canary`),
  ];
}

const wanted = process.argv.slice(2);
const copy = makeCopy();
// An interrupted run leaves nothing behind either.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
process.once('exit', () => copy.remove());

const problems = [];
for (const [name, group] of Object.entries(GROUPS)) {
  if (wanted.length === 0 || wanted.includes(name)) problems.push(...(await problemsOf(name, group, copy)));
}
for (const problem of problems) console.error(problem);
console.log(`canaries: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
