import type { ObjectStore } from '@tidemark/checkpoint';
import { TidemarkError, type AfterRollback, type GraphNode, type JobId, type TenantId } from '@tidemark/domain';
import type { Sink, Source } from '@tidemark/engine';
import type { z } from 'zod';
import type { Connections } from './connections.js';
import type { EgressPolicy } from './egress/egress-policy.js';

/** The first rows of a batch, on their way to the job's events. */
export interface LogEntry {
  /** Uid of the sink. */
  readonly sink: string;
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  /** All rows of the batch, not only those in `sample`. */
  readonly rows: number;
  /** JSON documents; a long one is cut. */
  readonly sample: readonly string[];
}

/** What the runner lends to the sources and sinks of one run. */
export interface ConnectorContext {
  readonly tenantName: string;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly epoch: number;
  /** Every tenant sees the folder of its name below this one, and nothing else. */
  readonly filesRoot: string;
  readonly objects: ObjectStore;
  readonly connections: Connections;
  readonly egress: EgressPolicy;
  readonly log: (entry: LogEntry) => Promise<void>;
}

/** One direction of a connector: how its options are judged, and how it is opened with them. */
export interface ConnectorEnd<End> {
  /** Throws `connector_refused` naming uid, option and place. Touches nothing outside the process. */
  check(uid: string, options: unknown, at: string): void;
  open(uid: string, options: unknown, context: ConnectorContext): Promise<End>;
  /** Of a source: whether it can tell how much waits in it. */
  readonly tellsBacklog: boolean;
  /** Of a source: whether it can be read anywhere, so that its offsets can be looked up and set. Opening it has no effect then. */
  readonly isSeekable: boolean;
  /** Of a sink: what a reader sees of batches that were taken back. Touches nothing outside the process. */
  afterRollback(uid: string, options: unknown): AfterRollback;
}

export interface Connector {
  readonly source?: ConnectorEnd<Source>;
  readonly sink?: ConnectorEnd<Sink>;
}

/** Options are parsed in both calls: what was submitted long ago is input again when a run opens it. */
export function connectorEnd<Options extends z.ZodType, End>(
  schema: Options,
  open: (uid: string, options: z.infer<Options>, context: ConnectorContext) => Promise<End>,
  {
    tellsBacklog = false,
    isSeekable = false,
    afterRollback = () => 'repeats',
  }: {
    readonly tellsBacklog?: boolean;
    readonly isSeekable?: boolean;
    readonly afterRollback?: (options: z.infer<Options>) => AfterRollback;
  } = {},
): ConnectorEnd<End> {
  const parse = (uid: string, options: unknown, at?: string): z.infer<Options> => {
    const parsed = schema.safeParse(options);
    if (!parsed.success) throw refused(uid, parsed.error.issues.map(sayIssue).join('; '), { at });
    return parsed.data;
  };
  return {
    check: (uid, options, at) => void parse(uid, options, at),
    open: async (uid, options, context) => open(uid, parse(uid, options), context),
    tellsBacklog,
    isSeekable,
    afterRollback: (uid, options) => afterRollback(parse(uid, options)),
  };
}

/** @param at where in the job's source the source or sink is declared. */
export const refused = (
  uid: string,
  reason: string,
  { at, cause }: { readonly at?: string | undefined; readonly cause?: unknown } = {},
): TidemarkError =>
  new TidemarkError('connector_refused', { uid, reason, ...(at === undefined ? {} : { at }) }, { cause });

/** What a connector calls a graph node in its errors. */
export function uidOf(node: GraphNode): string {
  return node.uid ?? `${node.kind} at ${node.at}`;
}

function sayIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no option ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return `option "${issue.path.join('.')}": ${issue.message}`;
}
