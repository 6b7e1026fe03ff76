import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { copyJson } from '../json-copy.js';
import { refuseThenable } from '../operator.js';
import { StateCopier } from '../state-copier.js';
import type { AggregateSpec, AggregatorKind, FigureFunctions } from './aggregator-kind.js';
import { FigureCells, FigureFull, type FigureKind, type Held } from './figure-cells.js';
import { DistinctCounter, PRECISION, PRECISION_MAX, PRECISION_MIN } from './distinct-counter.js';
import { COUNTERS_MAX, HeavyHitters } from './heavy-hitters.js';

/** A figure that keeps one object for each key. */
const objects = <H extends Held>(
  setUp: (spec: AggregateSpec, functions: FigureFunctions) => FigureKind<H>,
  more: Partial<AggregatorKind> = {},
): AggregatorKind => ({
  takesNumber: false,
  takesAny: true,
  columns: [{ type: 'json' }],
  setUp: (spec, functions) => new FigureCells(setUp(spec, functions)),
  add: (c, v, own) => `${own}.add(${c.table}, ${c.from}, ${c.id}, ${v});`,
  merge: (c, from, own) => `${own}.merge(${c.table}, ${c.from}, ${c.id}, ${from(0)});`,
  result: (c, own) => `${own}.result(${c(0)})`,
  resultType: 'json',
  ...more,
});

/** A plain JSON value that a figure keeps, changed as a whole. */
class Kept implements Held {
  madeIn = 0;

  constructor(public value: unknown) {}

  toJSON(): unknown {
    return this.value;
  }
}

const isKept = (cell: unknown): cell is Kept => cell instanceof Kept;

/** The figures that keep an object for each key. */
export const OBJECT_AGGREGATORS = {
  approxDistinct: objects(distinct, {
    check: ({ precision = PRECISION }) =>
      isWhole(precision, PRECISION_MIN, PRECISION_MAX)
        ? undefined
        : `needs a precision from ${PRECISION_MIN} to ${PRECISION_MAX}`,
    parameter: ({ precision = PRECISION }) => `approxDistinct(${String(precision)})`,
    resultType: 'number',
  }),
  topK: objects(heavy, {
    check: ({ k, counters }) => {
      if (!isWhole(k, 1, COUNTERS_MAX)) return `needs a k from 1 to ${COUNTERS_MAX}`;
      const isEnough = counters === undefined || isWhole(counters, k as number, COUNTERS_MAX);
      return isEnough ? undefined : `needs from ${String(k)} to ${COUNTERS_MAX} counters`;
    },
    parameter: (spec) => `topK(${countersOf(spec)})`,
  }),
  first: objects(() => ({
    ...keptKind(),
    add(held, value) {
      if (held.value === undefined) held.value = copyOf(value);
    },
    merge(held, later) {
      if (held.value === undefined) held.value = copyJson(later.value);
    },
  })),
  last: objects(() => ({
    ...keptKind(),
    add(held, value) {
      held.value = copyOf(value);
    },
    merge(held, later) {
      if (later.value !== undefined) held.value = copyJson(later.value);
    },
  })),
  collect: objects(collect, {
    check: ({ max }) => (isWhole(max, 1, COLLECTED_MAX) ? undefined : `needs a max from 1 to ${COLLECTED_MAX}`),
  }),
  reduce: objects(reduced, { roles: ['reduce'] }),
  custom: objects(custom, { roles: ['create', 'add', 'merge?', 'result?'] }),
} satisfies { readonly [kind: string]: AggregatorKind };

/** The most that one key may collect. */
const COLLECTED_MAX = 100_000;

const keptKind = (): Pick<FigureKind<Kept>, 'make' | 'from' | 'is' | 'result'> => ({
  make: () => new Kept(undefined),
  from: (json) => new Kept(copyJson(json)),
  is: isKept,
  result: ({ value }) => (value === undefined ? null : copyJson(value)),
});

function collect({ max }: AggregateSpec): FigureKind<Kept> {
  const listOf = ({ value }: Kept): unknown[] => value as unknown[];
  const push = (held: Kept, value: unknown): void => {
    if (listOf(held).length === max) throw new FigureFull(`max of ${max} in collect`);
    listOf(held).push(copyOf(value));
  };
  return {
    ...keptKind(),
    make: () => new Kept([]),
    add: push,
    merge(held, later) {
      for (const value of listOf(later)) push(held, value);
    },
  };
}

function reduced(_spec: AggregateSpec, { reduce }: FigureFunctions): FigureKind<Kept> {
  const copier = new StateCopier();
  const add = (held: Kept, value: unknown): void => {
    const next = held.value === undefined ? value : reduce?.(held.value, value);
    refuseThenable(next);
    if (next === undefined) throw misuse('it returned undefined instead of a value');
    held.value = copier.copy(next);
  };
  return {
    ...keptKind(),
    add,
    merge: (held, later) => {
      if (later.value !== undefined) add(held, copier.copy(later.value));
    },
  };
}

function custom({ name }: AggregateSpec, { create, add, merge, result }: FigureFunctions): FigureKind<Kept> {
  const copier = new StateCopier();
  const call = (fn: TenantFunction | undefined, role: string, ...args: readonly unknown[]): unknown => {
    if (fn === undefined) throw misuse(`the aggregate "${name}" needs a "${role}" where its parts are put together`);
    const answer = fn(...args);
    refuseThenable(answer);
    if (answer === undefined) throw misuse(`"${role}" of the aggregate "${name}" returned undefined`);
    return answer;
  };
  return {
    ...keptKind(),
    make: () => new Kept(copier.copy(call(create, 'create'))),
    add(held, value) {
      held.value = copier.copy(call(add, 'add', held.value, value));
    },
    merge(held, later) {
      held.value = copier.copy(call(merge, 'merge', held.value, copier.copy(later.value)));
    },
    result: ({ value }) => (result === undefined ? copier.copy(value) : call(result, 'result', copier.copy(value))),
  };
}

function distinct({ precision = PRECISION }: AggregateSpec): FigureKind<DistinctCounter> {
  return {
    make: () => new DistinctCounter(precision as number),
    from: (json) => DistinctCounter.from(precision as number, json),
    is: (cell): cell is DistinctCounter => cell instanceof DistinctCounter,
    add: (held, value) => {
      held.add(textOf(value));
    },
    merge: (held, later) => {
      held.merge(later);
    },
    result: (held) => Math.round(held.estimate()),
  };
}

function heavy(spec: AggregateSpec): FigureKind<HeavyHitters> {
  const counters = countersOf(spec);
  return {
    make: () => new HeavyHitters(counters),
    from: (json) => HeavyHitters.from(counters, json),
    is: (cell): cell is HeavyHitters => cell instanceof HeavyHitters,
    add: (held, value) => {
      held.add(textOf(value));
    },
    merge: (held, later) => {
      held.merge(later);
    },
    result: (held) =>
      held
        .top(spec['k'] as number)
        .map(({ text, count, error }) => ({ value: JSON.parse(text) as unknown, count, error })),
  };
}

/** What a record does not have counts as null. */
const copyOf = (value: unknown): unknown => copyJson(value === undefined ? null : value);

/** Ten times what is asked for, so that the counts of the frequent ones are nearly right. */
const countersOf = ({ k, counters }: AggregateSpec): number =>
  (counters as number | undefined) ?? Math.min(COUNTERS_MAX, Math.max(100, 10 * (k as number)));

/** Values are told apart by their JSON texts. */
function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? plainText(value) : JSON.stringify(copyOf(value));
}

const plainText = (value: string | number): string =>
  JSON.stringify(typeof value === 'number' ? copyJson(value) : value);

const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
