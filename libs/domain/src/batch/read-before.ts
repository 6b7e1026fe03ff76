import { own } from '../own.js';
import type { PartitionOffsets, SourceIdentities, SourceOffsets, SourceRanges } from './batch.js';
import { knownSince } from './known-since.js';

/**
 * Pure: how far partitions were read on ways that a job has left: where it has reached furthest on timelines of its own, and
 * what the identities say with which its timeline begins. Those are all that a fork has of what the other job has read.
 */
export function readBefore(reached: SourceOffsets, identities: SourceIdentities): SourceOffsets {
  const uids = new Set([...Object.keys(reached), ...Object.keys(identities)]);
  return Object.fromEntries([...uids].map((uid) => [uid, furthest(own(reached, uid), own(identities, uid))]));
}

function furthest(
  reached: PartitionOffsets = {},
  identities: { readonly [partition: string]: string } = {},
): PartitionOffsets {
  const names = new Set([...Object.keys(reached), ...Object.keys(identities)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const offset = Math.max(own(reached, name) ?? 0, knownSince(own(identities, name) ?? '')?.offset ?? 0);
      return offset === 0 ? [] : [[name, offset] as const];
    }),
  );
}

/** Pure: of what waits, the partitions in which nothing is to be read again: all of it lies behind what was read before. */
export const neverRead = (waiting: SourceRanges, before: SourceOffsets): SourceRanges =>
  Object.fromEntries(
    Object.entries(waiting).map(([uid, partitions]) => {
      const read = own(before, uid) ?? {};
      const fresh = Object.entries(partitions).filter(([name, { from }]) => from >= (own(read, name) ?? 0));
      return [uid, Object.fromEntries(fresh)];
    }),
  );
