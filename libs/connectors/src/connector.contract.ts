import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryObjectStore } from '@tidemark/checkpoint';
import type { GraphNode, JobId, TenantId } from '@tidemark/domain';
import { onTestFinished } from 'vitest';
import { Connections } from './connections.js';
import type { ConnectorContext } from './connector.js';
import { EgressPolicy } from './egress/egress-policy.js';

/** A context whose files root exists as long as the test, with the folder of the tenant "demo" in it. */
export async function aContext(overrides: Partial<ConnectorContext> = {}): Promise<ConnectorContext> {
  const filesRoot = await mkdtemp(join(tmpdir(), 'tidemark-connector-'));
  onTestFinished(() => rm(filesRoot, { recursive: true, force: true }));
  await mkdir(join(filesRoot, 'demo'));
  return {
    tenantName: 'demo',
    tenantId: 'tnt_a' as TenantId,
    jobId: 'job_a' as JobId,
    epoch: 1,
    filesRoot,
    objects: new InMemoryObjectStore(),
    connections: new Connections(undefined),
    egress: new EgressPolicy({ allow: [], deny: [] }),
    log: async () => {},
    ...overrides,
  };
}

export const aNode = (kind: 'source' | 'sink', connector: string, options: GraphNode['options']): GraphNode => ({
  id: 0,
  kind,
  uid: 'lines',
  inputs: [],
  connector,
  options,
  at: 'job.ts:1:1',
});
