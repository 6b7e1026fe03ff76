import { DEFAULT_FLOW, needsBacklog, type AfterRollback, type Flow, type GraphNode } from '@tidemark/domain';
import type { Sink, Source } from '@tidemark/engine';
import { refused, uidOf, type Connector, type ConnectorContext } from './connector.js';
import { filesSink } from './files/files-sink.js';
import { filesSource } from './files/files-source.js';
import { logSink } from './log/log-sink.js';
import { postgresSink } from './postgres/postgres-sink.js';
import { rateSource } from './rate/rate-source.js';
import { socketSource } from './socket/socket-source.js';

/** Every connector, by the name that a job uses. */
export const CONNECTORS = {
  files: { source: filesSource, sink: filesSink },
  log: { sink: logSink },
  postgres: { sink: postgresSink },
  rate: { source: rateSource },
  socket: { source: socketSource },
} as const satisfies { readonly [name: string]: Connector };

/**
 * Judges a source or sink by its options alone, when a job is submitted. Throws `connector_refused` naming the uid and
 * what is wrong where, also where a source cannot do what the job's `flow` needs. Nodes of other kinds pass.
 */
export function checkNode(node: GraphNode, flow: Flow = DEFAULT_FLOW): void {
  if (node.kind === 'source') {
    const source = endOf(node, 'source');
    source.check(uidOf(node), node.options, node.at);
    if (needsBacklog(flow) && !source.tellsBacklog) {
      const what = flow.trigger === 'available-now' ? 'the trigger "available-now"' : 'the downtime policy "skip"';
      const reason = `${what} needs to know how much waits in every source, and "${node.connector ?? ''}" cannot tell`;
      throw refused(uidOf(node), reason, { at: node.at });
    }
  } else if (node.kind === 'sink') endOf(node, 'sink').check(uidOf(node), node.options, node.at);
}

/** Whether a source's offsets can be looked up and set; it may be opened only to do that. */
export const isSeekable = (node: GraphNode): boolean => endOf(node, 'source').isSeekable;

/** What a reader of a sink sees of batches that were written and then taken back by a rollback. */
export const afterRollbackOf = (node: GraphNode): AfterRollback =>
  endOf(node, 'sink').afterRollback(uidOf(node), node.options);

/** Throws `connector_refused`, `source_missing`, `source_unavailable`. */
export async function openSource(node: GraphNode, context: ConnectorContext): Promise<Source> {
  return endOf(node, 'source').open(uidOf(node), node.options, context);
}

/** Throws `connector_refused`, `sink_unavailable`, `sink_refused`, `store_full`. */
export async function openSink(node: GraphNode, context: ConnectorContext): Promise<Sink> {
  return endOf(node, 'sink').open(uidOf(node), node.options, context);
}

function endOf<Direction extends 'source' | 'sink'>(
  node: GraphNode,
  direction: Direction,
): NonNullable<Connector[Direction]> {
  const known: { readonly [name: string]: Connector } = CONNECTORS;
  const name = node.connector ?? '';
  const end = Object.hasOwn(known, name) ? known[name]?.[direction] : undefined;
  if (end !== undefined) return end;
  const names = Object.keys(known).filter((each) => known[each]?.[direction] !== undefined);
  throw refused(uidOf(node), `there is no ${direction} called "${name}"; there are ${names.join(', ')}`, {
    at: node.at,
  });
}
