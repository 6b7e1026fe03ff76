import { own } from '../own.js';
import type { PartitionOffsets, SourceIdentities, SourceOffsets, SourceRanges } from './batch.js';
import { knownSince } from './known-since.js';

/**
 * Pure: how far partitions were read on ways that a job has left: the furthest of where it has reached on timelines of its
 * own, of where the job that it was forked from had, and of what the identities say with which its timeline begins.
 */
export function readBefore(reached: readonly SourceOffsets[], identities: SourceIdentities): SourceOffsets {
  const uids = new Set([...reached, identities].flatMap((by) => Object.keys(by)));
  return Object.fromEntries(
    [...uids].map((uid) => [
      uid,
      furthest(
        reached.map((offsets) => own(offsets, uid) ?? {}),
        own(identities, uid),
      ),
    ]),
  );
}

function furthest(
  reached: readonly PartitionOffsets[],
  identities: { readonly [partition: string]: string } = {},
): PartitionOffsets {
  const names = new Set([...reached, identities].flatMap((by) => Object.keys(by)));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const places = [...reached.map((offsets) => own(offsets, name)), knownSince(own(identities, name) ?? '')?.offset];
      const offset = Math.max(...places.map((at) => at ?? 0));
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
