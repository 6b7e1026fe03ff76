import type { Violation } from './history.js';
import type { Row } from './reducers.js';

/** Holds the rows of one batch against those that it has to have. */
export function compareRows(where: string, expected: readonly Row[], found: readonly Row[]): readonly Violation[] {
  const foundById = Map.groupBy(found, ({ id }) => id);
  const violations = expected.flatMap((row) => compareRow(where, row, foundById.get(row.id) ?? []));
  const ids = new Set(expected.map(({ id }) => id));
  const strange = found.filter(({ id }) => !ids.has(id));
  if (strange.length > 0) {
    const what = `${where} has a row of ${strange[0]?.id}, of which it read nothing`;
    violations.push({ kind: 'wrong', count: strange.length, what });
  }
  if (violations.length === 0) violations.push(...compareOrder(where, expected, found));
  return violations;
}

function compareRow(where: string, expected: Row, [found, ...more]: readonly Row[]): Violation[] {
  const { id, count, sum, chain } = expected;
  if (found === undefined) return [{ kind: 'lost', count, what: `${where} lacks the row of ${id}` }];
  if (more.length > 0) return [{ kind: 'twice', count: more.length, what: `${where} has ${id} more than once` }];
  const says = `${where} says of ${id} that`;
  if (found.count < count) {
    const what = `${says} there were ${found.count} records, and there were ${count}`;
    return [{ kind: 'lost', count: count - found.count, what }];
  }
  if (found.count > count) {
    const what = `${says} there were ${found.count} records, and there were ${count}`;
    return [{ kind: 'twice', count: found.count - count, what }];
  }
  if (found.sum !== sum) {
    return [{ kind: 'wrong', count: 1, what: `${says} they come to ${found.sum}, and they come to ${sum}` }];
  }
  if (found.chain === chain) return [];
  return [{ kind: 'reordered', count: 1, what: `${says} its records came in another order than they did` }];
}

function compareOrder(where: string, expected: readonly Row[], found: readonly Row[]): readonly Violation[] {
  const lanes = (rows: readonly Row[]) =>
    new Map([...Map.groupBy(rows, ({ lane }) => lane)].map(([lane, own]) => [lane, own.map(({ id }) => id).join(' ')]));
  const foundLanes = lanes(found);
  return [...lanes(expected)].flatMap(([lane, order]): Violation[] =>
    foundLanes.get(lane) === order
      ? []
      : [{ kind: 'reordered', count: 1, what: `${where} has the records of ${lane} in another order` }],
  );
}
