import type { DefinitionNode } from './definition.js';

/** @internal */
export type Caller = (...args: never[]) => unknown;
/** @internal */
export type NodeParts = Partial<Pick<DefinitionNode, 'uid' | 'connector' | 'options' | 'functions' | 'schema'>>;

/** Collects the nodes of one definition, in the order of their declaration. */
export class GraphBuilder {
  readonly nodes: DefinitionNode[] = [];

  /** @param declaredBy the public method that the job's code called: its caller is the node's place. */
  add(node: Pick<DefinitionNode, 'kind' | 'inputs'> & NodeParts, declaredBy: Caller): number {
    const id = this.nodes.length;
    this.nodes.push({ options: {}, ...node, id, at: placeOfCall(declaredBy) });
    return id;
  }
}

function placeOfCall(declaredBy: Caller): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, declaredBy);
  for (const line of (holder.stack ?? '').split('\n')) {
    const [, place] = /^\s+at .*?([^\s()]+:\d+:\d+)\)?$/.exec(line) ?? [];
    if (place !== undefined) return place;
  }
  return 'unknown';
}
