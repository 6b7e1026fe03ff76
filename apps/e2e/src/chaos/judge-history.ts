import { nameOf, type JobHistory, type LogEntry, type Violation } from './history.js';
import { judgeResets } from './judge-resets.js';
import { judgeSink } from './judge-sinks.js';
import { replay } from './replay.js';

/** Holds everything that is known of a job against what its inputs and the protocol say. Pure. */
export function judgeHistory(history: JobHistory): readonly Violation[] {
  const replayed = replay(history);
  return [
    ...judgeWriters(history.log),
    ...judgePlans(history.log),
    ...judgeReleases(history.log),
    ...judgeResets(history),
    ...judgeRollbacks(history),
    ...replayed.violations,
    ...history.sinks.flatMap((sink) => judgeSink(sink, replayed, history)),
  ];
}

/** One epoch at a time can write, epochs only grow, and nothing is written on a timeline that was left. */
function judgeWriters(log: readonly LogEntry[]): readonly Violation[] {
  const violations: Violation[] = [];
  const stale = (what: string): number => violations.push({ kind: 'stale', count: 1, what });
  let claimed = 0;
  let committed = 0;
  for (const entry of log) {
    if (entry.kind === 'timeline' || entry.kind === 'release' || entry.kind === 'gone') continue;
    if (entry.kind === 'claim') {
      if (entry.epoch <= claimed) stale(`epoch ${entry.epoch} was claimed after epoch ${claimed}`);
      claimed = entry.epoch;
      continue;
    }
    const { kind, epoch, job, timeline } = entry;
    const name = `the ${kind} of ${nameOf(entry)}`;
    if (epoch < job.epoch) stale(`${name} was written in epoch ${epoch} when the job was in ${job.epoch}`);
    if (kind === 'plan' && !entry.isWanted) stale(`${name} was written after an order to stop, or to begin elsewhere`);
    if (timeline < job.timeline) stale(`${name} was written when the job was on timeline ${job.timeline}`);
    if (kind !== 'commit') continue;
    if (epoch < committed) stale(`${name} of epoch ${epoch} follows one of epoch ${committed}`);
    committed = Math.max(committed, epoch);
  }
  return violations;
}

/** A plan precedes the commit of its batch, and never changes. */
function judgePlans(log: readonly LogEntry[]): readonly Violation[] {
  const violations: Violation[] = [];
  const plans = new Map<string, string>();
  for (const entry of log) {
    if (entry.kind === 'commit' && !plans.has(nameOf(entry))) {
      violations.push({ kind: 'gap', count: 1, what: `${nameOf(entry)} was committed without a plan` });
    }
    if (entry.kind !== 'plan') continue;
    const ranges = JSON.stringify(entry.ranges);
    const before = plans.get(nameOf(entry));
    if (before !== undefined && before !== ranges) {
      violations.push({ kind: 'gap', count: 1, what: `the plan of ${nameOf(entry)} changed` });
    }
    plans.set(nameOf(entry), ranges);
  }
  return violations;
}

/** A run that has not died finishes the batch that it has begun. */
const judgeReleases = (log: readonly LogEntry[]): readonly Violation[] =>
  log.flatMap((entry): readonly Violation[] => {
    if (entry.kind !== 'release' || entry.open === 0) return [];
    const what = `the run of epoch ${entry.epoch} ended (${entry.reason}) with ${entry.open} open plans`;
    return [{ kind: 'open', count: entry.open, what }];
  });

/** After an order to go back was acknowledged, the next run begins exactly there, unless its checkpoint is damaged. */
function judgeRollbacks({ log, rollbacks, damaged }: JobHistory): readonly Violation[] {
  const pathsOf = new Map(log.flatMap((entry) => (entry.kind === 'checkpoint' ? [[entry.id, entry.paths]] : [])));
  return rollbacks.flatMap(({ timeline, to, checkpointId }): readonly Violation[] => {
    if (timeline === undefined) {
      if ((pathsOf.get(checkpointId) ?? []).some((path) => damaged.has(path))) return [];
      return [
        { kind: 'elsewhere', count: 1, what: `a rollback to ${nameOf(to)}, whose checkpoint is whole, was held` },
      ];
    }
    const begun = log.find((entry) => entry.kind === 'timeline' && entry.timeline === timeline);
    const after = begun?.kind === 'timeline' ? begun.after : undefined;
    if (after !== undefined && nameOf(after) === nameOf(to)) return [];
    const what = `a rollback to ${nameOf(to)} began timeline ${timeline} ${after === undefined ? 'nowhere' : `after ${nameOf(after)}`}`;
    return [{ kind: 'elsewhere', count: 1, what }];
  });
}
