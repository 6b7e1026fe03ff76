import { tableSourceOf } from './check-joins.js';
import type { CheckedNode } from './checked-definition.js';

/** Sources of tables before all others: a record then finds every row of its own batch. Otherwise in the order of the graph. */
export function sourcesInOrder(nodes: readonly CheckedNode[]): readonly CheckedNode[] {
  const tables = new Set(nodes.filter(({ kind }) => kind === 'lookup').map((lookup) => tableSourceOf(lookup, nodes)));
  const sources = nodes.filter(({ kind }) => kind === 'source');
  return [...sources.filter((source) => tables.has(source)), ...sources.filter((source) => !tables.has(source))];
}
