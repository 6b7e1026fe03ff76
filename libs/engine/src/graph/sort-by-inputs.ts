import type { CheckedNode } from './checked-definition.js';

export type Sorted =
  | { readonly outcome: 'sorted'; readonly nodes: readonly CheckedNode[] }
  /** The nodes of one cycle, each feeding the next and the last the first. */
  | { readonly outcome: 'cycle'; readonly through: readonly CheckedNode[] };

/** Every node after its inputs, otherwise in the order of declaration. `nodes[i].id` is `i`, and inputs exist. */
export function sortByInputs(nodes: readonly CheckedNode[]): Sorted {
  const done = new Set<number>();
  const sorted: CheckedNode[] = [];
  for (const start of nodes) {
    // Depth first with a stack of its own: a long chain must not overflow the machine's.
    const path: { readonly node: CheckedNode; next: number }[] = done.has(start.id) ? [] : [{ node: start, next: 0 }];
    const onPath = new Set(path.map(({ node }) => node.id));
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const input = top.node.inputs[top.next];
      top.next += 1;
      if (input === undefined) {
        path.pop();
        onPath.delete(top.node.id);
        done.add(top.node.id);
        sorted.push(top.node);
      } else if (onPath.has(input)) {
        const first = path.findIndex(({ node }) => node.id === input);
        return {
          outcome: 'cycle',
          through: path
            .slice(first)
            .map(({ node }) => node)
            .reverse(),
        };
      } else if (!done.has(input)) {
        const node = nodes[input];
        if (node === undefined) continue;
        path.push({ node, next: 0 });
        onPath.add(input);
      }
    }
  }
  return { outcome: 'sorted', nodes: sorted };
}
