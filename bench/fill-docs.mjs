// `node bench/fill-docs.mjs`: puts the figures of bench/results/latest.json into docs/performance.md, between its marks.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableOf } from './lib/report.mjs';

const BETWEEN_MARKS = /(<!-- bench:begin -->\n)[\s\S]*(\n<!-- bench:end -->)/;

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/performance.md');
const results = JSON.parse(await readFile(join(root, 'bench/results/latest.json'), 'utf8'));
const { at, cpu, cores, node, records, repetitions, quick } = results.find(({ name }) => name === 'environment');
if (quick) throw new Error('The last run was a quick one: its figures are for a first look, not for the page.');

const text = await readFile(page, 'utf8');
if (!BETWEEN_MARKS.test(text)) throw new Error(`${page} has lost its marks.`);
const figures = [
  `Measured on ${at.slice(0, 10)}: ${cpu}, ${cores} cores, Node ${node.slice(1)}, ${records / 1e6} million records, ` +
    `median of ${repetitions}.`,
  tableOf(results),
  '![Records per second](../bench/results/latest.svg)',
  'All figures, with each repetition: [latest.json](../bench/results/latest.json).',
].join('\n\n');
await writeFile(
  page,
  text.replace(BETWEEN_MARKS, (_, begin, end) => `${begin}\n${figures}\n${end}`),
);
