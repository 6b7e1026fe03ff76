import type { Invariant } from '../invariants/invariants.js';
import type { MutantName } from './mutants.js';

/** For each invariant a fault that breaks it before it breaks any other, and a seed whose history it comes out in. */
export const TRIPPED_BY = {
  I1: { seed: 73, fault: 'a commit is written without a fence' },
  I2: { seed: 1, fault: 'a plan is chosen anew after a crash' },
  I3: { seed: 1, fault: 'state of one checkpoint, offsets of another' },
  I4: { seed: 15, fault: 'a commit that seems to fail is sent again' },
  I5: { seed: 1, fault: 'a sink forgets what it holds' },
  I6: { seed: 0, fault: 'a checkpoint is complete before its objects' },
  I7: { seed: 367, fault: 'state is restored without a look at its hash' },
  I8: { seed: 7, fault: 'state is restored that does not fit' },
  I9: { seed: 0, fault: 'the collector ignores what others build on' },
  I10: { seed: 5, fault: 'a rollback stays on its timeline' },
  I11: { seed: 5, fault: 'a plan is made after an order to stop' },
  I12: { seed: 75, fault: 'a savepoint is an earlier snapshot' },
  I14: { seed: 9, fault: 'a run writes as another tenant' },
  I15: { seed: 49, fault: 'a repeated rollback is done twice' },
  I16: { seed: 59, fault: 'a plan that is open is forgotten' },
  I17: { seed: 62, fault: 'a job that has gone back skips in its first batch' },
  L1: { seed: 2, fault: 'nobody frees the jobs of lost runners' },
  L2: { seed: 6, fault: 'a run that has stopped says nothing' },
  L3: { seed: 4, fault: 'unfinished checkpoints stay' },
  L4: { seed: 0, fault: 'what was sent stays in the outbox' },
  L5: { seed: 2, fault: 'a lease is held against a wall clock' },
  fault: { seed: 33, fault: 'state is restored without a look at its hash' },
} as const satisfies Record<Invariant, { readonly seed: number; readonly fault: MutantName }>;
