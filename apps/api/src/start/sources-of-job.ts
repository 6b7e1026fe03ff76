import { TidemarkError, type GraphNode, type Job, type JobId, type JobStore } from '@tidemark/domain';

/** The sources in the graph of a job's revision. Throws `thing_not_found` where there is no such revision. */
export async function sourcesOf(store: JobStore, { id }: Job, number: number): Promise<readonly GraphNode[]> {
  return sourcesIn(await nodesOf(store, id, number));
}

/** The graph of a job's revision. Throws `thing_not_found` where there is no such revision. */
export async function nodesOf(store: JobStore, id: JobId, number: number): Promise<readonly GraphNode[]> {
  const revision = await store.findRevision(id, number);
  if (revision === undefined) throw new TidemarkError('thing_not_found', { thing: 'revision', id: String(number) });
  const bundle = await store.findBundle(revision.bundleDigest);
  if (bundle === undefined) throw new TidemarkError('thing_not_found', { thing: 'bundle', id: revision.bundleDigest });
  return bundle.manifest.nodes;
}

export const sourcesIn = (nodes: readonly GraphNode[]): readonly GraphNode[] =>
  nodes.filter(({ kind, uid }) => kind === 'source' && uid !== undefined);
