import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../errors/tidemark-error.js';
import type { InstallationId, QueueId } from '../ids.js';
import { judgeQueue, QUEUE_SILENT_MS, type QueueFacts, type RecordedQueue } from './judge-queue.js';

const OURS = 'ins_ours' as InstallationId;
const NOW = 'que_now' as QueueId;

const recorded = (more: Partial<RecordedQueue> = {}): RecordedQueue => ({
  kind: 'redis',
  id: NOW,
  silentMs: 100,
  seenAtMs: 1,
  ...more,
});
const redis: QueueFacts = {
  installationId: OURS,
  recorded: recorded(),
  kind: 'redis',
  mark: 'none',
  known: undefined,
  isSeenElsewhere: false,
  adopt: undefined,
  key: 'the-key',
};
const ofNow = { installation: OURS, queue: NOW };
const older = { installation: OURS, queue: 'que_older' };
const theirs = { installation: 'ins_theirs', queue: NOW };

const verdictOf = (facts: Partial<QueueFacts>): string => {
  const verdict = judgeQueue({ ...redis, ...facts });
  return isTidemarkError(verdict) ? verdict.code : verdict;
};

const rows: [string, Partial<QueueFacts>, string][] = [
  ['is ours with the mark of now', { mark: ofNow }, 'ours'],
  [
    'is ours with the mark of now, however long nobody used it',
    { mark: ofNow, recorded: recorded({ silentMs: 1e9 }) },
    'ours',
  ],
  ['is taken where none was recorded', { recorded: undefined }, 'take'],
  [
    'is taken where none was recorded and an older copy of the database left a mark',
    { recorded: undefined, mark: older },
    'take',
  ],
  ['is waited for when its mark is missing and others were there just now', {}, 'wait'],
  ['is waited for when its mark is an older one of ours', { mark: older }, 'wait'],
  ['is refused when others find the mark elsewhere', { isSeenElsewhere: true }, 'queue_used_elsewhere'],
  [
    'is refused with an older mark when others find the newer one',
    { mark: older, isSeenElsewhere: true },
    'queue_used_elsewhere',
  ],
  [
    'is taken when its mark is missing and nobody is there',
    { recorded: recorded({ silentMs: QUEUE_SILENT_MS }) },
    'take',
  ],
  ['is taken with an older mark when nobody is there', { mark: older, recorded: recorded({ silentMs: 1e9 }) }, 'take'],
  ['gets its mark back from who has seen it there', { known: NOW, isSeenElsewhere: true }, 'restore'],
  [
    'gets no mark back from who has seen an older one',
    { known: 'que_older' as QueueId, isSeenElsewhere: true },
    'queue_used_elsewhere',
  ],
  ['is unknown when it cannot be reached', { mark: 'unreachable', recorded: recorded({ silentMs: 1e9 }) }, 'unknown'],
  [
    "is another installation's by its mark",
    { mark: theirs, recorded: recorded({ silentMs: 1e9 }) },
    'queue_of_another_installation',
  ],
  [
    "is another installation's by its mark when none was recorded",
    { mark: theirs, recorded: undefined },
    'queue_of_another_installation',
  ],
  [
    "is another installation's by its mark, whatever was seen",
    { mark: theirs, known: NOW },
    'queue_of_another_installation',
  ],
  ['is refused with a mark that nobody can read', { mark: 'unreadable', recorded: undefined }, 'queue_mark_unreadable'],
  [
    'is refused where Postgres was recorded',
    { recorded: recorded({ kind: 'postgres', silentMs: 1e9 }) },
    'queue_of_another_kind',
  ],
  [
    'is refused where Postgres was recorded, also when it cannot be reached',
    { recorded: recorded({ kind: 'postgres' }), mark: 'unreachable' },
    'queue_of_another_kind',
  ],
  [
    'is taken where Postgres was recorded if that is meant',
    { recorded: recorded({ kind: 'postgres' }), adopt: OURS },
    'take',
  ],
  ['is taken while others are elsewhere if that is meant', { isSeenElsewhere: true, adopt: OURS }, 'take'],
  ['is taken from another installation if that is meant', { mark: theirs, adopt: OURS }, 'take'],
  ['is taken with a mark that nobody can read if that is meant', { mark: 'unreadable', adopt: OURS }, 'take'],
  ['is not taken again if it is meant and ours', { mark: ofNow, adopt: OURS }, 'ours'],
  ['is not taken unseen if it is meant', { mark: 'unreachable', adopt: OURS }, 'unknown'],
  [
    'is refused if it is meant for another installation',
    { mark: theirs, adopt: 'ins_theirs' },
    'queue_of_another_installation',
  ],
];

describe('a queue in Redis', () => {
  it.each(rows)('%s', (_, facts, verdict) => {
    expect(verdictOf(facts)).toBe(verdict);
  });
});

describe('a queue in Postgres', () => {
  it('is ours where it is recorded, is taken where none was, and is refused where Redis was unless it is meant', () => {
    const postgres = { kind: 'postgres', mark: 'unreachable' } as const;
    expect(verdictOf({ ...postgres, recorded: recorded({ kind: 'postgres' }) })).toBe('ours');
    expect(verdictOf({ ...postgres, recorded: undefined })).toBe('take');
    expect(verdictOf({ ...postgres, recorded: recorded({ silentMs: 1e9 }) })).toBe('queue_of_another_kind');
    expect(verdictOf({ ...postgres, adopt: OURS })).toBe('take');
  });
});
