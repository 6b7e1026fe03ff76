// The metrics as their catalogue has them, for docs/generated/metrics.md. Needs libs/observability to be built.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const { METRIC_ATTRIBUTES, METRICS } = await import(pathToFileURL(join(root, 'libs/observability/dist/index.js')).href);

/** More values than that are not listed. */
const LISTED_MAX = 12;

/** @returns {{ title: string, rows: string[][] }[]} one entry a process, in the order of the life of a job */
export function metricParts() {
  const all = Object.values(METRICS);
  return [...new Set(all.map(({ of }) => of))].map((process) => ({
    title: process,
    rows: all
      .filter(({ of }) => of === process)
      .map(({ name, kind, unit, says, attributes }) => [
        `\`${name}\``,
        kind,
        `\`${unit}\``,
        attributes.map((key) => `\`${METRIC_ATTRIBUTES[key].name}\``).join('<br>') || 'none',
        says,
      ]),
  }));
}

/** @returns {string[][]} each attribute with what it can be */
export const attributeRows = () =>
  Object.values(METRIC_ATTRIBUTES).map((attribute) => [`\`${attribute.name}\``, valuesOf(attribute)]);

function valuesOf(attribute) {
  if ('from' in attribute) return `a number from ${attribute.from} to ${attribute.to}`;
  if ('isTemplate' in attribute) return 'the template of a route, as in `/v1/jobs/:id`';
  if (attribute.values.length > LISTED_MAX) return `[a code](errors.md), or \`_OTHER\``;
  return attribute.values.map((value) => `\`${value}\``).join(', ');
}
