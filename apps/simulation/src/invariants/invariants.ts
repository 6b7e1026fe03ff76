/** What is held after every step: design.md, section 10. */
export const INVARIANTS = {
  I1: 'one epoch at a time can commit, and epochs only grow',
  I2: 'a plan precedes every effect of its batch, and never changes',
  I3: 'the ranges of a timeline tile each partition',
  I4: 'committed offsets of a timeline never go back',
  I5: 'an exactly-once sink has each offset once per timeline',
  I6: 'a restorable checkpoint is complete, present and what it says',
  I7: 'state is the fold of the records below its offsets',
  I8: 'state is restored only where it fits, and otherwise offsets are preserved',
  I9: 'nothing that is referenced is collected',
  I10: 'after a rollback the next claim restores exactly its checkpoint',
  I11: 'no new plan after a stop, and no effect of a late start',
  I12: 'what was acknowledged is done',
  I14: 'a run touches nothing of another tenant',
  I15: 'one request, one result',
  I16: 'no open plan after a clean stop',
  I17: 'what is to be read again is not passed over as if it had come in a downtime',
  L1: 'a job that is wanted running comes to the end of its input',
  L2: 'a job that is not wanted running has no owner',
  L3: 'unfinished checkpoints are completed or collected',
  L4: 'the outbox drains',
  L5: 'restarts have a cause, and decay',
  fault: 'nothing fails in a way that nobody thought of',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Broken {
  readonly invariant: Invariant;
  readonly what: string;
}

/** Keeps the first thing that was found broken: what follows may follow from it. */
export class Findings {
  first: Broken | undefined;

  check(invariant: Invariant, holds: boolean, what: () => string): void {
    if (!holds) this.first ??= { invariant, what: what() };
  }
}
