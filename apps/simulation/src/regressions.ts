/**
 * Seeds that have broken something, and what that was; they run first. A seed is good for as long as the simulation asks
 * chance the same questions: where that changes, what it has found should have become a test of its own.
 */
export const REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 3_338, found: 'a rollback to what turns out to be unreadable, and is collected before the job starts' },
  { seed: 1_654, found: 'the newest checkpoint is found unreadable while the collector takes the one before' },
  { seed: 617, found: 'a stop takes away the way back of a revision that has failed on probation' },
];
