import type { Mutation } from '../world/world.js';
import * as owner from './owner-mutants.js';
import * as runner from './runner-mutants.js';
import * as scheduler from './scheduler-mutants.js';

/** Faults of the protocol, made on purpose. Each must be found: a simulation that finds none proves nothing. */
export const MUTANTS = {
  'a plan is written without a fence': { rules: { planIsFenced: false } },
  'a commit is written without a fence': { rules: { commitIsFenced: false } },
  'a commit that seems to fail is sent again': { rules: { commitIsOnce: false }, runner: owner.commitsBlindly },
  'a run writes as another tenant': { rules: { fenceAsksTenant: false }, runner: owner.staysWithItsFirstTenant },
  'a run goes on after it was fenced': { runner: runner.deafToFences },
  'a plan is chosen anew after a crash': { rules: { planIsImmutable: false }, runner: runner.choosesAnew },
  'the sinks come before the plan': { runner: runner.planAfterSinks },
  'a sink forgets what it holds': { output: (output) => void (output.remembers = false) },
  'a plan is made after an order to stop': { rules: { planAsksWhetherWanted: false } },
  'a run that has stopped says nothing': { runner: owner.stopsInSilence },
  'a plan that is open is forgotten': { runner: runner.forgetsNextPlan },
  'a late message starts a run once more': { rules: { claimAsksWhetherQueued: false } },
  'a checkpoint is complete before its objects': { runner: runner.completeBeforeObjects },
  'a savepoint is an earlier snapshot': { runner: runner.savepointByEarlierSnapshot },
  'state is restored without a look at its hash': { runner: runner.restoreUnverified },
  'state of one checkpoint, offsets of another': { runner: runner.offsetsOfAnother },
  'state is restored that does not fit': { rules: { shapesAreCompared: false } },
  'offsets are reset with the state': { rules: { resetKeepsOffsets: false } },
  'a rollback stays on its timeline': { rules: { rollbackOpensTimeline: false } },
  'a repeated request is done twice': { rules: { requestsAreKnownAgain: false } },
  'the collector ignores what others build on': { rules: { collectorSparesBases: false } },
  'the collector ignores what a fork begins with': { rules: { collectorSparesPins: false } },
  'the collector ignores what a start has chosen': { rules: { collectorSparesChosen: false } },
  'the collector keeps no newest': { rules: { collectorSparesNewest: false }, scheduler: scheduler.keepsNone },
  'the collector does not look again': { rules: { collectorLooksAtHolds: false } },
  'a checkpoint that becomes the newest is not held': { rules: { unreadableHoldsOthers: false } },
  'unfinished checkpoints stay': { rules: { collectorTakesUnfinished: false } },
  'objects are removed before the row says so': { scheduler: scheduler.collectsWithoutTombstone },
  'orphans are swept at once': { scheduler: scheduler.sweepsWithoutGrace },
  'batches are pruned that a restore needs': { rules: { prunerAsksCheckpoints: false } },
  'a lease is held against a wall clock': { rules: { leaseIsByPostgres: false } },
  'what was sent stays in the outbox': { scheduler: scheduler.sendsForEver },
  'nobody frees the jobs of lost runners': { scheduler: scheduler.freesNobody },
} as const satisfies { readonly [name: string]: Mutation };
export type MutantName = keyof typeof MUTANTS;
