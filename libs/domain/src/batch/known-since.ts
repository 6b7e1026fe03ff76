// What a job knows of a partition goes with it where it goes back: the text that a partition is recognised by is followed by
// what was known of it last, on the way that was left.
//
//   <what the source wrote at the offset>/><offset known last>/<what the source wrote there>
//
// The first part is empty where the job goes back to before it has seen the partition. No source writes "/>" itself.
import { own } from '../own.js';
import type { PartitionIdentities, PartitionOffsets, SourceIdentities, SourceOffsets } from './batch.js';

const SINCE = '/>';

/** An offset in a partition, and what the source wrote there. */
export interface KnownPlace {
  readonly offset: number;
  readonly identity: string;
}

/** Undefined where the job has not gone back in the partition since it was read last. */
export function knownSince(identity: string): KnownPlace | undefined {
  const at = identity.indexOf(SINCE);
  if (at === -1) return undefined;
  const rest = identity.slice(at + SINCE.length);
  const end = rest.indexOf('/');
  return { offset: Number(rest.slice(0, end)), identity: rest.slice(end + 1) };
}

interface Place {
  readonly offsets: SourceOffsets;
  readonly identities: SourceIdentities;
}

/**
 * Pure: the identities of `base`, where a job is to go on, with what it knows of each partition where it stands. So a source
 * finds out that it no longer holds what was read after `base`. What was known before, on another way that was left, stays
 * where it reaches further. Nothing is added for sources that write nothing, nor for partitions that were forgotten.
 */
export function identitiesGoingBack(base: Place, standing: Place): SourceIdentities {
  const uids = new Set([...Object.keys(base.identities), ...Object.keys(standing.identities)]);
  return Object.fromEntries(
    [...uids].map((uid) => [uid, partitionsGoingBack(partitionsOf(base, uid), partitionsOf(standing, uid))]),
  );
}

interface Partitions {
  readonly offsets: PartitionOffsets;
  readonly identities: PartitionIdentities;
}

const partitionsOf = ({ offsets, identities }: Place, uid: string): Partitions => ({
  offsets: own(offsets, uid) ?? {},
  identities: own(identities, uid) ?? {},
});

function partitionsGoingBack(base: Partitions, standing: Partitions): PartitionIdentities {
  const names = new Set([...Object.keys(base.identities), ...Object.keys(standing.identities)]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const written = own(base.identities, name);
      const offset = own(base.offsets, name);
      const here =
        offset === undefined || written === undefined ? undefined : { offset, identity: withoutSince(written) };
      const reached = furthestOf(placesIn(standing, name));
      const before = written === undefined ? undefined : knownSince(written);
      const since = furthestOf([reached, before].filter((known) => known !== undefined && !isSame(known, here)));
      const text = here?.identity ?? '';
      if (since === undefined) return text === '' ? [] : [[name, text] as const];
      return [[name, `${text}${SINCE}${since.offset}/${since.identity}`] as const];
    }),
  );
}

/** Where a partition was left, and what was known of it before. */
function placesIn({ offsets, identities }: Partitions, name: string): readonly KnownPlace[] {
  const identity = own(identities, name);
  if (identity === undefined) return [];
  const offset = own(offsets, name);
  const since = knownSince(identity);
  return [
    ...(offset === undefined ? [] : [{ offset, identity: withoutSince(identity) }]),
    ...(since === undefined ? [] : [since]),
  ];
}

/** What the source wrote at the offset; empty where the job has not seen the partition there. */
export function withoutSince(identity: string): string {
  const at = identity.indexOf(SINCE);
  return at === -1 ? identity : identity.slice(0, at);
}

const isSame = (one: KnownPlace, other: KnownPlace | undefined): boolean =>
  one.offset === other?.offset && one.identity === other.identity;

/** Of two as far, the one named first. */
const furthestOf = (places: readonly (KnownPlace | undefined)[]): KnownPlace | undefined =>
  places.reduce(
    (furthest, place) =>
      furthest === undefined || (place !== undefined && place.offset > furthest.offset) ? place : furthest,
    undefined,
  );
