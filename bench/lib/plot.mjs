// Bars of records per second, Tidemark above plain Node, as SVG that needs no font or script of its own.
import { grouped } from './report.mjs';
import { isExtra, titleOf } from './workloads.mjs';

const WIDTH = 1_040;
const LABELS = 400;
const BAR = 14;
const ROW = 44;
const TOP = 84;
const BOTTOM = 40;
const VALUES = 190;
const COLOURS = { tidemark: '#0b6e99', yardstick: '#b8bec5', text: '#1f2933', faint: '#7b8794' };

export function plotOf(results) {
  const rows = results.filter(({ name, recordsPerCoreSecond }) => recordsPerCoreSecond !== undefined && !isExtra(name));
  const height = TOP + rows.length * ROW + BOTTOM;
  const most = Math.max(1, ...rows.flatMap((row) => [row.recordsPerSecond, row.yardstickRecordsPerSecond]));
  const scale = (WIDTH - LABELS - VALUES) / most;
  const { at, cpu, cores } = results.find(({ name }) => name === 'environment') ?? {};
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    `  font-family="system-ui, sans-serif" font-size="13" fill="${COLOURS.text}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(24, 32, 'Records per second, one sandbox process, checkpoints on, exactly once', { size: 18 }),
    legend(24, 56),
    ...rows.map((row, index) => bars(row, TOP + index * ROW, scale)),
    text(24, height - 14, `${cpu ?? ''}, ${cores ?? '?'} cores, ${at ?? ''}`, { size: 11, fill: COLOURS.faint }),
    '</svg>',
    '',
  ].join('\n');
}

function legend(x, y) {
  return [
    `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${COLOURS.tidemark}"/>`,
    text(x + 18, y, 'Tidemark'),
    `<rect x="${x + 96}" y="${y - 10}" width="12" height="12" fill="${COLOURS.yardstick}"/>`,
    text(x + 114, y, 'plain Node: JSON.parse and Maps'),
  ].join('\n');
}

function bars({ name, keys, recordsPerSecond, yardstickRecordsPerSecond, ratio }, y, scale) {
  const label = keys === null ? titleOf(name) : `${titleOf(name)}, ${grouped(keys)} keys`;
  const ours = recordsPerSecond * scale;
  const theirs = yardstickRecordsPerSecond * scale;
  return [
    text(LABELS - 12, y + BAR + 4, label, { anchor: 'end' }),
    `<rect x="${LABELS}" y="${y}" width="${ours.toFixed(1)}" height="${BAR}" fill="${COLOURS.tidemark}"/>`,
    text(LABELS + ours + 8, y + BAR - 3, `${grouped(recordsPerSecond)}  (${ratio.toFixed(1)} times)`),
    `<rect x="${LABELS}" y="${y + BAR + 2}" width="${theirs.toFixed(1)}" height="${BAR}" fill="${COLOURS.yardstick}"/>`,
    text(LABELS + theirs + 8, y + 2 * BAR, grouped(yardstickRecordsPerSecond), { fill: COLOURS.faint }),
  ].join('\n');
}

function text(x, y, content, { size = 13, anchor = 'start', fill = COLOURS.text } = {}) {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}">${escaped}</text>`;
}
