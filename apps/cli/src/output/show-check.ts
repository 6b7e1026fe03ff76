import type { CheckReport, Comparison } from '../local/check-bundle.js';
import type { OutputDifference } from '../local/output-difference.js';
import { showVerdicts } from './show-plan.js';
import { fields, table } from './table.js';

const OUTCOMES = {
  equal: 'it takes the state over, and gives what the job gives',
  differs: 'it takes the state over, and gives something else',
  incompatible: 'it does not take the state over',
} as const satisfies Record<CheckReport['outcome'], string>;

/** Of batches that wrote nothing, everything could be said. */
const NOTHING_COMPARED = 'it takes the state over; no output was compared';

const DIFFERENCES_SHOWN = 20;
const PASSED_OVER_SHOWN = 20;
/** Characters of a row in a list; as JSON, all of it is there. */
const ROW_CHARS_MAX = 120;

/** The verdicts as of a plan, what was run, and the first differences. */
export function showCheck({ outcome, objections, plan, comparison }: CheckReport): readonly string[] {
  const isCompared = comparison !== null && comparison.sinks.length > 0;
  const says = outcome === 'equal' && !isCompared ? NOTHING_COMPARED : OUTCOMES[outcome];
  const unsaid = objections.filter((sentence) => !plan.objections.includes(sentence));
  return [
    ...showVerdicts(plan),
    ...unsaid.map((sentence) => `! ${sentence}`),
    '',
    ...(comparison === null ? [] : showComparison(comparison)),
    `${outcome}: ${says}`,
  ];
}

/** The verdicts alone, where no batch could be compared; why is told as an error. */
export const showNotCompared = (plan: CheckReport['plan']): readonly string[] => [
  ...showVerdicts(plan),
  '',
  'not compared: by its form it takes the state over; nothing is known of its output. With --verdicts-only no more is asked.',
];

function showComparison(comparison: Comparison): readonly string[] {
  const { sinks, failure, firstBatchId, lastBatchId, recordsIn, checkpointId, stateRows, passedOver } = comparison;
  const counted = sinks.map(({ sink, before, after, same, changed, added, removed }) => [
    sink,
    ...[before, after, same, changed, added, removed],
  ]);
  return [
    ...fields([
      ['ran', `batches ${firstBatchId} to ${lastBatchId}, with both bundles; ${recordsIn} records`],
      ['from', checkpointId === null ? 'nothing, as the job began' : `checkpoint ${checkpointId}, ${stateRows} rows`],
    ]),
    ...showPassedOver(passedOver),
    '',
    ...(counted.length === 0
      ? ['No sink was written to.']
      : table(['SINK', 'ROWS NOW', 'ROWS THEN', 'SAME', 'CHANGED', 'ADDED', 'REMOVED'], counted)),
    '',
    ...showDifferences(comparison),
    ...(failure === null ? [] : [`! batch ${failure.batchId} does not run: ${failure.message}`, '']),
  ];
}

/** One line for each reason. */
function showPassedOver(passedOver: Comparison['passedOver']): readonly string[] {
  return [...new Set(passedOver.map(({ reason }) => reason))].map((reason) => {
    const ids = passedOver.filter((one) => one.reason === reason).map(({ batchId }) => batchId);
    const more = ids.length - PASSED_OVER_SHOWN;
    const named = ids.slice(0, PASSED_OVER_SHOWN).join(', ');
    return `- passed over with both: ${named}${more > 0 ? ` and ${more} more` : ''}; such a batch ${reason}`;
  });
}

function showDifferences({ differences, leftOut }: Comparison): readonly string[] {
  if (differences.length === 0) return [];
  const more = differences.length + leftOut - DIFFERENCES_SHOWN;
  return [
    ...table(
      ['BATCH', 'SINK', 'CHANGE', 'KEY', ''],
      differences
        .slice(0, DIFFERENCES_SHOWN)
        .map((one) => [one.batchId, one.sink, one.change, showKey(one), shortened(showRows(one))]),
    ),
    ...(more > 0 ? [`and ${more} more; --json has ${leftOut > 0 ? `all but ${leftOut} of them` : 'all of them'}`] : []),
    '',
  ];
}

function showKey({ key }: OutputDifference): string {
  if (key === undefined) return '-';
  if (typeof key !== 'object' || key === null) return JSON.stringify(key);
  const parts = Object.entries(key).map(([field, value]) => `${field}=${JSON.stringify(value)}`);
  return parts.join(' ');
}

/** Of two objects, the members that are not alike; otherwise the rows. */
function showRows({ change, before, after }: OutputDifference): string {
  if (change === 'added') return JSON.stringify(after);
  if (change === 'removed') return JSON.stringify(before);
  if (!isObject(before) || !isObject(after)) return changed(before, after);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `${name}: ${changed(before[name], after[name])}`)
    .join(', ');
}

const changed = (before: unknown, after: unknown): string => `${textOf(before)} → ${textOf(after)}`;

const textOf = (value: unknown): string => (value === undefined ? '-' : JSON.stringify(value));

const isObject = (row: unknown): row is { readonly [name: string]: unknown } =>
  typeof row === 'object' && row !== null && !Array.isArray(row);

const shortened = (text: string): string =>
  text.length <= ROW_CHARS_MAX ? text : `${text.slice(0, ROW_CHARS_MAX - 1)}…`;
