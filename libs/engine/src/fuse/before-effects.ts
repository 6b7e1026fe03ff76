import { ruleOf, type CheckedNode } from '../graph/checked-definition.js';

/**
 * The operators at which a record has had no effect yet: everything between them and their source looks at one row at a
 * time, and nothing else reads that. A record at which one of them throws can be left out of a batch that goes on.
 */
export function nodesBeforeEffects(nodes: readonly CheckedNode[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const source of nodes.filter(({ kind }) => kind === 'source')) {
    for (let at = onlyReaderOf(nodes, source.id); at !== undefined; at = onlyReaderOf(nodes, at.id)) found.add(at.id);
  }
  return found;
}

function onlyReaderOf(nodes: readonly CheckedNode[], id: number): CheckedNode | undefined {
  const [reader, other] = nodes.filter(({ inputs }) => inputs.includes(id));
  const isFree = reader !== undefined && other === undefined && ruleOf(reader.kind).makes === 'at most one';
  return isFree ? reader : undefined;
}
