import type { GraphNode, Job, JobStore } from '@tidemark/domain';
import { existingRevision } from '../inspect/existing-job.js';

/** The sources in the graph of a job's revision. Throws `thing_not_found` where there is no such revision. */
export async function sourcesOf(store: JobStore, { id }: Job, number: number): Promise<readonly GraphNode[]> {
  return sourcesIn((await existingRevision(store, id, number)).manifest.nodes);
}

export const sourcesIn = (nodes: readonly GraphNode[]): readonly GraphNode[] =>
  nodes.filter(({ kind, uid }) => kind === 'source' && uid !== undefined);
