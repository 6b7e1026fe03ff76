import type { AggregatorKind } from './aggregator-kind.js';
import { OBJECT_AGGREGATORS } from './object-aggregators.js';

const number = { type: 'f64' } as const;

const NUMBERS = {
  count: {
    takesNumber: false,
    columns: [number],
    add: (c) => `${c(0)} += 1;`,
    merge: (c, from) => `${c(0)} += ${from(0)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)};`,
    result: (c) => c(0),
  },
  sum: {
    takesNumber: true,
    columns: [number],
    sums: [0],
    add: (c, v) => `${c(0)} += ${v};`,
    merge: (c, from) => `${c(0)} += ${from(0)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)};`,
    result: (c) => c(0),
  },
  min: {
    takesNumber: true,
    columns: [{ type: 'f64', initial: Infinity }],
    add: (c, v) => `if (${v} < ${c(0)}) ${c(0)} = ${v};`,
    merge: (c, from) => `if (${from(0)} < ${c(0)}) ${c(0)} = ${from(0)};`,
    result: (c) => c(0),
  },
  max: {
    takesNumber: true,
    columns: [{ type: 'f64', initial: -Infinity }],
    add: (c, v) => `if (${v} > ${c(0)}) ${c(0)} = ${v};`,
    merge: (c, from) => `if (${from(0)} > ${c(0)}) ${c(0)} = ${from(0)};`,
    result: (c) => c(0),
  },
  mean: {
    takesNumber: true,
    columns: [number, number],
    sums: [0],
    add: (c, v) => `${c(0)} += ${v}; ${c(1)} += 1;`,
    merge: (c, from) => `${c(0)} += ${from(0)}; ${c(1)} += ${from(1)};`,
    retract: (c, from) => `${c(0)} -= ${from(0)}; ${c(1)} -= ${from(1)};`,
    result: (c) => `(${c(0)} / ${c(1)})`,
  },
  // Welford, "Note on a method for calculating corrected sums of squares and products" (Technometrics 4, 1962); merging
  // after Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
  variance: {
    takesNumber: true,
    columns: [number, number, number],
    add: (c, v) =>
      `{ const d = ${v} - ${c(1)}; ${c(0)} += 1; ${c(1)} += d / ${c(0)}; ${c(2)} += d * (${v} - ${c(1)}); }`,
    merge: (c, from) =>
      `{ const n = ${c(0)} + ${from(0)}; const d = ${from(1)} - ${c(1)};
${c(2)} += ${from(2)} + d * d * ${c(0)} * ${from(0)} / n; ${c(1)} += d * ${from(0)} / n; ${c(0)} = n; }`,
    result: (c) => `(${c(2)} / ${c(0)})`,
  },
} as const satisfies { readonly [kind: string]: AggregatorKind };

/** The figures whose state is a few numbers, and those that keep an object for each key. */
const AGGREGATORS: { readonly [kind: string]: AggregatorKind } = { ...NUMBERS, ...OBJECT_AGGREGATORS };

export const aggregatorOf = (kind: string): AggregatorKind | undefined =>
  Object.hasOwn(AGGREGATORS, kind) ? AGGREGATORS[kind] : undefined;
