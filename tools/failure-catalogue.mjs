// The catalogue of failures in docs/reliability.md: each of R1 to R32 with what happens and where that is shown. A test is
// named by its file and the beginning of its name, a fault of the simulation by its line of the kill list.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './workspace.mjs';

export const FAILURES = 32;
const ROW = /^\| (R\d+) +\| (.*) \| (.*) \| (.*) \|$/;
/** `file` “beginning of a name”: one file may have several. */
const CITED = /`([\w-]+(?:\.[\w-]+)*)`((?:,? (?:and )?"[^"]+")+)/g;
const FAULT = /fault "([^"]+)"/g;
const COMMAND = /`(?:npm run ([\w:]+)|node (bench\/[\w-]+\.mjs))[^`]*`/g;
const TEST = /\.(test|e2e|contract)\.ts$/;

/** @returns {{ number: string, failure: string, happens: string, shown: string }[]} */
export const catalogue = (text) =>
  text.split('\n').flatMap((line) => {
    const [, number, failure, happens, shown] = ROW.exec(line) ?? [];
    return number === undefined ? [] : [{ number, ...trimmed({ failure, happens, shown }) }];
  });

/**
 * @param {{ file: string, text: string }[]} files of the repository, the document among them
 * @param {{ [name: string]: string }} scripts of package.json
 * @returns {string[]} what is not as the catalogue says
 */
export function problemsOf(document, files, scripts) {
  const rows = catalogue(document);
  const expected = Array.from({ length: FAILURES }, (_, index) => `R${index + 1}`);
  const missing = expected.filter((number) => rows.filter((row) => row.number === number).length !== 1);
  return [
    ...missing.map((number) => `${number} does not stand in it once.`),
    ...rows.flatMap((row) => problemsOfRow(row, { document, files, scripts })),
  ];
}

function problemsOfRow({ number, failure, happens, shown }, { document, files, scripts }) {
  const problems = [];
  const evidence = shown.replace(/^Not shown: .{20,}$/, '');
  let found = evidence === '' ? 1 : 0;
  for (const [, file, names] of evidence.matchAll(CITED)) {
    for (const [, name] of names.matchAll(/"([^"]+)"/g)) {
      found += 1;
      if (!carries(name, number)) problems.push(`${number}: "${name}" does not carry the number.`);
      if (!isTest(file, name, files)) problems.push(`${number}: there is no test "${name}" in ${file}.`);
    }
  }
  for (const [, fault] of evidence.matchAll(FAULT)) {
    found += 1;
    if (!document.includes(`\n| ${fault} `)) problems.push(`${number}: the kill list has no fault "${fault}".`);
  }
  for (const [, script, bench] of evidence.matchAll(COMMAND)) {
    found += 1;
    const exists = script === undefined ? existsSync(join(root, bench)) : script in scripts;
    if (!exists) problems.push(`${number}: there is no ${script ?? bench}.`);
  }
  if (found === 0) problems.push(`${number}: it names nothing that shows it, and no reason why not.`);
  if (failure.length < 5 || happens.length < 20) problems.push(`${number}: say what fails, and what happens then.`);
  return problems;
}

const carries = (name, number) => new RegExp(`\\b${number}\\b`).test(name);

const isTest = (file, name, files) =>
  files.some(
    (one) =>
      TEST.test(one.file) &&
      basename(one.file, '.ts') === file &&
      ["'", '`', '"'].some((quote) => one.text.includes(`(${quote}${name}`) || one.text.includes(` ${quote}${name}`)),
  );

const trimmed = (texts) => Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.trim()]));
