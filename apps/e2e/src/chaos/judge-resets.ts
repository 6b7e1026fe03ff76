import { nameOf, type JobHistory, type Logged, type StoredCheckpoint, type Violation } from './history.js';

/**
 * State begins empty only where somebody has said so, where it does not fit the revision, or where no checkpoint is left
 * that nobody has damaged; and only what somebody has damaged is found unreadable.
 */
export function judgeResets(history: JobHistory): readonly Violation[] {
  const { log, damaged, resetsOrdered, origin } = history;
  const violations: Violation[] = [];
  const needless: string[] = [];
  const left = new LeftCheckpoints(damaged, origin?.checkpoint);
  let begun: Logged<'timeline'> | undefined;
  for (const entry of log) {
    if (entry.kind === 'checkpoint') left.add(entry);
    if (entry.kind === 'gone') {
      if (entry.status === 'corrupt' && left.isWhole(entry.id)) {
        violations.push({
          kind: 'unreadable',
          count: 1,
          what: `checkpoint ${entry.id} is whole and counts as damaged`,
        });
      }
      left.remove(entry.id);
    }
    if (entry.kind !== 'timeline') continue;
    if (entry.isEmpty) {
      const restorable = begun === undefined ? origin?.checkpoint : left.newestOf(begun);
      if (restorable !== undefined && fits(restorable, entry, history)) {
        const from = restorable === 'beginning' ? 'the beginning' : `the checkpoint of ${nameOf(restorable)}`;
        needless.push(`timeline ${entry.timeline} began with empty state, and could have gone on from ${from}`);
      }
    }
    begun = entry;
  }
  if (needless.length <= resetsOrdered) return violations;
  const what = `${needless.at(-1)}; ${resetsOrdered} times that was ordered`;
  return [...violations, { kind: 'reset', count: needless.length - resetsOrdered, what }];
}

const fits = (
  checkpoint: StoredCheckpoint | 'beginning',
  { revision }: Logged<'timeline'>,
  { forms }: JobHistory,
): boolean => checkpoint === 'beginning' || checkpoint.form === (forms.get(revision) ?? checkpoint.form);

/** The checkpoints that a job could be restored from. */
class LeftCheckpoints {
  private readonly byId = new Map<string, StoredCheckpoint>();
  /** Timelines that have had one: plans from before it may be gone. */
  private readonly timelines = new Set<number>();

  constructor(
    private readonly damaged: JobHistory['damaged'],
    private readonly origin: StoredCheckpoint | undefined,
  ) {
    if (origin !== undefined) this.byId.set(origin.id, origin);
  }

  add(checkpoint: StoredCheckpoint): void {
    this.byId.set(checkpoint.id, checkpoint);
    this.timelines.add(checkpoint.timeline);
  }

  remove(id: string): void {
    this.byId.delete(id);
  }

  isWhole(id: string): boolean {
    const paths = this.byId.get(id)?.paths ?? [];
    return paths.length > 0 && !paths.some((path) => this.damaged.has(path));
  }

  /** What a start on a timeline goes on from; undefined where nothing is left. */
  newestOf({ timeline, base }: Logged<'timeline'>): StoredCheckpoint | 'beginning' | undefined {
    const [newest] = [...this.byId.values()]
      .filter((one) => one !== this.origin && one.timeline === timeline && this.isWhole(one.id))
      .sort((a, b) => b.batchId - a.batchId);
    if (newest !== undefined || this.timelines.has(timeline)) return newest;
    if (base === undefined) return 'beginning';
    return this.isWhole(base) ? this.byId.get(base) : undefined;
  }
}
