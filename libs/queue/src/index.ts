export { queueAddress, type QueueAddress } from './connection.js';
export { QUEUES } from './queues.js';
export { QueueClaim } from './queue-claim.js';
export { RunQueue } from './run-queue.js';
export { RunQueueTransport } from './run-queue.transport.js';
