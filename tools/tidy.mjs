// Small rules that no compiler knows. Prints every breach with its place; exit code 1 if there is one.
import { textFiles } from './files.mjs';
import { DOCUMENT_CHECKS } from './tidy-documents.mjs';
import { SIZE_CHECKS } from './tidy-size.mjs';
import { root } from './workspace.mjs';

// These name what they forbid, so they are not held against themselves.
const ABOUT_THE_RULES = /^tools\/(tidy|canaries)/;

const TESTS = /\.(test|contract|e2e)\.(ts|mjs)$/;
const CODE = /\.(ts|mjs|js)$/;
const PUBLIC_REGISTRIES = /^https:\/\/(registry\.npmjs\.org|www\.npmjs\.com|docs\.npmjs\.com)\b/;

/** @typedef {{ file: string, line?: number, says: string }} Problem */

/** One entry a rule: from all text files to the problems found. */
export const CHECKS = {
  'leftover-marker': inLines(/\b(TODO|FIXME|XXX|HACK)\b/, 'Do it now, or write down in an issue what is missing.'),
  'lint-switched-off': inLines(
    /eslint-disable/,
    'Repair the code, or change the rule for everybody in eslint.config.mjs.',
    CODE,
  ),
  'types-switched-off': inLines(/@ts-(ignore|nocheck)/, 'Repair the type.', CODE),
  'types-expected-to-fail': (files) =>
    inLines(
      /@ts-expect-error/,
      'Only a test may expect a type error.',
      CODE,
    )(files.filter(({ file }) => !TESTS.test(file))),
  'test-alone': inLines(
    /\b(it|test|describe|suite|postgresTest)\.only\(/,
    'It would switch every other test off.',
    TESTS,
  ),
  'test-skipped-without-reason': skippedWithoutReason,
  'fixed-sleep': inLines(
    /await (new Promise(<void>)?\(\(?\w+\)? => (\{ )?setTimeout\(|sleep\(\d|delay\(\d|setTimeout\(\d)/,
    'Wait for a fact or move the clock; a fixed sleep is too short on a slow machine and too long on every other.',
    TESTS,
  ),
  'machine-path': machinePaths,
  'registry-host': registryHosts,
  ...DOCUMENT_CHECKS,
  ...SIZE_CHECKS,
};

/** @returns {(files: { file: string, text: string }[]) => Problem[]} */
function inLines(pattern, says, only = /./) {
  return (files) =>
    files
      .filter(({ file }) => only.test(file) && !ABOUT_THE_RULES.test(file))
      .flatMap(({ file, text }) =>
        text.split('\n').flatMap((content, index) => (pattern.test(content) ? [{ file, line: index + 1, says }] : [])),
      );
}

/** `skipIf` carries its condition; a bare `.skip(` needs a comment above it that begins with "Skipped:". */
function skippedWithoutReason(files) {
  return files
    .filter(({ file }) => TESTS.test(file) && !ABOUT_THE_RULES.test(file))
    .flatMap(({ file, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((content, index) =>
        /\b(it|test|describe|suite)\.(skip|todo)\(/.test(content) && !/\/\/ Skipped: \w/.test(lines[index - 1] ?? '')
          ? [{ file, line: index + 1, says: 'Say why in a comment above it: "// Skipped: …".' }]
          : [],
      );
    });
}

/** Where this copy of the repository lies is nobody's business, and differs for everybody else. */
function machinePaths(files) {
  const homes = [root, process.env.HOME].filter((path) => path !== undefined && path.split('/').length > 2);
  return files.flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((content, index) =>
        homes.some((path) => content.includes(path))
          ? [{ file, line: index + 1, says: 'This path exists on one machine only.' }]
          : [],
      ),
  );
}

function registryHosts(files) {
  return files
    .filter(({ file }) => !ABOUT_THE_RULES.test(file))
    .flatMap(({ file, text }) =>
      text
        .split('\n')
        .flatMap((content, index) =>
          (content.match(/https?:\/\/[^\s"'`)>]*(npm|registry|artifactory|nexus|verdaccio)[^\s"'`)>]*/gi) ?? [])
            .filter((url) => !PUBLIC_REGISTRIES.test(url))
            .map((url) => ({ file, line: index + 1, says: `${url} is a registry of somebody's own.` })),
        ),
    );
}

function main() {
  const files = textFiles();
  const found = Object.entries(CHECKS).flatMap(([rule, check]) =>
    check(files).map((problem) => ({ rule, ...problem })),
  );
  for (const { rule, file, line, says } of found)
    console.error(`${file}${line === undefined ? '' : `:${line}`}  ${rule}: ${says}`);
  console.log(`tidy: ${Object.keys(CHECKS).length} rules, ${files.length} files, ${found.length} problems`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();
