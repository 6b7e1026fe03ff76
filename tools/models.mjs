// What `npm run verify:model` checks: each model within which bounds, and every broken variant with the invariant that must be
// seen to break. What the words after -D mean is in the models themselves.

/** @typedef {{ name: string, model: string, bounds: string, claim?: string }} Search */

const batches = (name, bounds) => ({ name: `batches: ${name}`, model: 'batches', bounds });
const checkpoints = (name, bounds) => ({ name: `checkpoints: ${name}`, model: 'checkpoints', bounds });

/** @type {Search[]} */
export const MODELS = [
  batches('two zombies', 'CRASHES=0 SUSPICIONS=2 RESTARTS=0'),
  batches('a crash and a zombie', 'CRASHES=1 SUSPICIONS=1 RESTARTS=0'),
  batches('a zombie and a rollback', 'CRASHES=0 SUSPICIONS=1 RESTARTS=1'),
  batches('a crash, a zombie and a rollback', 'CRASHES=1 SUSPICIONS=1 RESTARTS=1 RECORDS=2'),
  batches('a crash, a rollback and its undoing', 'CRASHES=1 SUSPICIONS=0 RESTARTS=2'),
  batches('a zombie, a rollback and its undoing', 'CRASHES=0 SUSPICIONS=1 RESTARTS=2 RECORDS=2'),
  checkpoints('four that build on each other', 'CHECKPOINTS=4 LOSSES=1 PASSES=1'),
  checkpoints('two zombies', 'CHECKPOINTS=3 LOSSES=2 PASSES=1'),
  checkpoints('a fork pins one', 'CHECKPOINTS=3 PINS=1'),
  checkpoints('one is read back', 'CHECKPOINTS=3 VERIFICATIONS=1'),
  checkpoints('a rollback and its undoing', 'CHECKPOINTS=3 ROLLBACKS=2 PASSES=1 LOSSES=0'),
  checkpoints('two collectors', 'CHECKPOINTS=3 COLLECTORS=2 VERIFICATIONS=1 PASSES=1 LOSSES=0'),
  checkpoints('the sweep', 'CHECKPOINTS=3 SWEEPS=2 PASSES=1'),
  { name: 'progress: it runs while wanted', model: 'progress', bounds: 'ORDERS=3', claim: 'L1' },
  { name: 'progress: it stops when told', model: 'progress', bounds: 'ORDERS=3', claim: 'L2' },
];

const ZOMBIE = 'CRASHES=0 SUSPICIONS=1 RESTARTS=1 RECORDS=2';
const CRASH = 'CRASHES=1 SUSPICIONS=0 RESTARTS=1 RECORDS=2';
const QUIET = 'CHECKPOINTS=3 PASSES=1 LOSSES=0';
const broken = (model, bounds) => (variant, expect) => ({ variant, expect, model, bounds, name: variant });
const zombie = broken('batches', ZOMBIE);
const crash = broken('batches', CRASH);
const kept = (variant, expect, more = '') => broken('checkpoints', `${QUIET} ${more}`)(variant, expect);
const stuck = (variant, expect) => ({ ...broken('progress', 'ORDERS=3')(variant, expect), claim: expect });

/** @type {(Search & { variant: string, expect: string })[]} */
export const BROKEN = [
  zombie('NO_FENCE_ON_COMMIT', 'I1'),
  zombie('NO_FENCE_ON_PLAN', 'I1'),
  zombie('FENCE_READ_BEFORE', 'I1'),
  zombie('LEASE_BY_PROCESS_CLOCK', 'I1'),
  zombie('FENCE_BY_EPOCH_ALONE', 'I10'),
  crash('CLAIM_KEEPS_EPOCH', 'I7'),
  crash('PLAN_CHANGES_ON_REPLAY', 'I5'),
  crash('NO_PLAN_BEFORE_EFFECTS', 'I2'),
  crash('COMMIT_BEFORE_SINKS', 'I5'),
  crash('SNAPSHOT_WHILE_AHEAD', 'I7'),
  crash('PRUNE_BEYOND_CHECKPOINTS', 'I7'),
  crash('ROLLBACK_ON_SAME_TIMELINE', 'I10'),
  crash('SINK_FORGETS_TIMELINE', 'I5'),
  crash('PLAN_AFTER_STOP', 'I11'),
  crash('STOP_LEAVES_PLANS', 'I16'),
  kept('COMPLETE_BEFORE_OBJECTS', 'I6'),
  kept('OBJECTS_BEFORE_ROW', 'I6', 'SWEEPS=2'),
  kept('FOLDERS_ARE_REUSED', 'I6'),
  kept('REMOVE_BEFORE_MARK', 'I6'),
  kept('COLLECT_IGNORES_BASES', 'I6'),
  kept('COLLECT_IGNORES_PINS', 'I9', 'PINS=1'),
  kept('COLLECT_IGNORES_TIMELINE_BASE', 'I9', 'ROLLBACKS=1'),
  kept('COLLECT_IGNORES_ORDERS_TO_START', 'I9', 'ROLLBACKS=1'),
  kept('NO_HOLDS', 'I9', 'PINS=1'),
  kept('SPARE_ONLY_WHAT_IS_HELD', 'I6', 'VERIFICATIONS=1'),
  stuck('DEATH_IS_NOT_NOTICED', 'L1'),
  stuck('NO_RESEND', 'L1'),
  stuck('NO_DISOWN', 'L1'),
  stuck('START_FORGETS_TO_WAKE', 'L1'),
  stuck('NO_LEASE', 'L2'),
];
