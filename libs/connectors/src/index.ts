export { checkNode, CONNECTORS, openSink, openSource } from './connectors.js';
export { type ConnectorContext, type LogEntry } from './connector.js';
export { Connections } from './connections.js';
export { EgressPolicy, type EgressRules } from './egress/egress-policy.js';
