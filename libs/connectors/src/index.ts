export { afterRollbackOf, checkNode, CONNECTORS, isSeekable, openSink, openSource } from './connectors.js';
export { type ConnectorContext, type LogEntry } from './connector.js';
export type { SeekableOffsets } from '@tidemark/engine';
export { Connections } from './connections.js';
export { EgressPolicy, type EgressRules } from './egress/egress-policy.js';
