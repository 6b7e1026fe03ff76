import { own } from '@tidemark/domain';
import { isDuration } from './check-parts.js';
import { KIND_RULES, ruleOf, type CheckedNode, type KindRule } from './checked-definition.js';

/** Whether rows of the node's state may lie in a cold store. */
export const isSpilling = ({
  kind,
  options,
}: {
  readonly kind: string;
  readonly options: CheckedNode['options'];
}): boolean => options['rowsInMemory'] !== undefined && own<KindRule>(KIND_RULES, kind)?.mayLieCold === true;

/** What stands in the way of state that is larger than memory. @param nodes inputs first. */
export function* checkColdState(nodes: readonly CheckedNode[]): Iterable<readonly [CheckedNode, string]> {
  /** By id: what keeps the rows behind a node from being looked at before the batch. */
  const hindrances = new Map<number, CheckedNode | undefined>();
  for (const node of nodes) {
    const before = node.inputs.map((id) => hindrances.get(id)).find((hindrance) => hindrance !== undefined);
    // Through what makes its rows at once, a key can be found before the batch runs.
    hindrances.set(node.id, ruleOf(node.kind).makes === 'later' ? node : before);
    if (node.options['rowsInMemory'] === undefined || node.kind === 'source' || node.kind === 'sink') continue;
    const problem = problemOf(node, before);
    if (problem !== undefined) yield [node, problem];
  }
}

function problemOf({ kind, options }: CheckedNode, before: CheckedNode | undefined): string | undefined {
  const { rowsInMemory, ttlMs, visit } = options;
  if (!ruleOf(kind).mayLieCold) return `${kind} keeps all of its rows in memory: leave rowsInMemory out`;
  if (!isDuration(rowsInMemory)) return `the rowsInMemory of ${kind} must be a whole number from 0`;
  if (ttlMs !== undefined) {
    const option = kind === 'mapWithState' ? 'timeout' : 'ttl';
    return `${kind} with a ${option} must find all rows whose time is over, in memory: leave out the ${option} or rowsInMemory`;
  }
  if (visit === 'all')
    return `${kind} that visits all keys needs them in memory: leave out the visit "all" or rowsInMemory`;
  if (before === undefined) return undefined;
  const name = before.uid === undefined ? before.kind : `${before.kind} "${before.uid}"`;
  return `${kind} with rowsInMemory must know its keys before the batch runs, and ${name} before it makes rows only while it runs: leave rowsInMemory out`;
}
