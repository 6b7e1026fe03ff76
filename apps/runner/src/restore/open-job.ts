import type { ObjectStore } from '@tidemark/checkpoint';
import { LmdbColdStore, type LmdbOptions } from '@tidemark/cold-state';
import { openSink, openSource, type ConnectorContext } from '@tidemark/connectors';
import { bundlePaths, TidemarkError, type ClaimedRun } from '@tidemark/domain';
import type { SandboxedGraph, SandboxHost } from '@tidemark/sandbox';
import type { OpenedJob } from './job-opener.js';
import { readAhead } from './read-ahead.js';

/**
 * Opens a job's sandbox, sources and sinks, and begins to read its checkpoint. What was opened is closed again when one of
 * them cannot be. `onStarted` gets the sandbox as soon as it lives, while a source or a sink may still be on its way.
 */
export async function openJob(
  claimed: ClaimedRun,
  tools: {
    readonly sandbox: SandboxHost;
    readonly objects: ObjectStore;
    readonly context: ConnectorContext;
    readonly scratch: LmdbOptions;
    readonly onStarted: (graph: SandboxedGraph) => void;
  },
): Promise<OpenedJob> {
  const { nodes } = claimed.manifest;
  const opening = {
    graph: startSandbox(claimed, tools),
    sources: nodes.filter(({ kind }) => kind === 'source').map((node) => openSource(node, tools.context)),
    sinks: nodes.filter(({ kind }) => kind === 'sink').map((node) => openSink(node, tools.context)),
  };
  void opening.graph.then(tools.onStarted, () => undefined);
  // Not before: a sink that does not answer would hold the state's bytes for as long.
  const reading = Promise.all([Promise.all(opening.sources), Promise.all(opening.sinks)]).then(([sources, sinks]) => ({
    sources,
    sinks,
    takeCheckpoint: readAhead(claimed, tools.objects),
  }));
  const ends = [...opening.sources, ...opening.sinks];
  const close = async (): Promise<void> => {
    await opening.graph.then(
      (graph) => {
        graph.kill();
      },
      () => undefined,
    );
    await Promise.all(
      ends.map((end) =>
        end
          .then(
            (opened) => opened.close(),
            () => undefined,
          )
          .catch(() => undefined),
      ),
    );
  };
  try {
    const [graph, opened] = await Promise.all([opening.graph, reading]);
    return { graph, ...opened, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startSandbox(
  { fence, revision }: ClaimedRun,
  tools: { readonly sandbox: SandboxHost; readonly objects: ObjectStore; readonly scratch: LmdbOptions },
): Promise<SandboxedGraph> {
  const { sandbox, objects, scratch } = tools;
  const paths = bundlePaths(fence.tenantId, revision.bundleDigest);
  const [code, map] = await Promise.all([optional(objects, paths.code), optional(objects, paths.map)]);
  // A job that was accepted has its code there, so it is the store that is not: nothing to end a job for.
  if (code === undefined) throw new TidemarkError('store_unavailable', { path: paths.code });
  return sandbox.start({
    id: fence.jobId,
    code: text(code),
    map: map === undefined ? undefined : text(map),
    limits: revision.config.limits,
    openColdStore: () => LmdbColdStore.open(scratch),
  });
}

async function optional(objects: ObjectStore, path: string): Promise<Uint8Array | undefined> {
  try {
    return await objects.get(path);
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'object_missing') return undefined;
    throw error;
  }
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
