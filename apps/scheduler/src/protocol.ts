// What takes part in the protocol, without the process around it: what runs here runs in the simulation.
export { Collect } from './collect/collect.js';
export { OutboxRelay } from './outbox-relay/outbox-relay.js';
export { Reconcile } from './schedule/reconcile.js';
export { SchedulerLoop } from './scheduler.loop.js';
export { PruneTrail } from './sweep/prune-trail.js';
export { WatchStore } from './sweep/watch-store.js';
export { Sweep } from './sweep/sweep.js';
export { VerifyCheckpoints } from './verify/verify-checkpoints.js';
