import { knownSince, type PartitionRange } from '@tidemark/domain';
import { parseIdentity, type FileIdentity } from './file-identity.js';

type Missing = Pick<PartitionRange, 'from' | 'to'>;

/**
 * Pure: what a file would still have to give that is gone, of which `offset` bytes were read. Undefined: nothing. It was seen to
 * be longer, now or before the job went back; or before that, what is known is of another file that had its name since.
 */
export function missingBytes(offset: number, identity: string): Missing | undefined {
  const known = parseIdentity(identity);
  const since = knownSince(identity);
  const later = since === undefined ? undefined : parseIdentity(since.identity);
  const reach = Math.max(since?.offset ?? 0, later?.seen ?? 0);
  const to = Math.max(known?.seen ?? 0, reach);
  if (to > offset) return { from: offset, to };
  if (since === undefined || reach === 0) return undefined;
  // A file does not become shorter, and the same bytes stand before the same place in it.
  const isOther = reach < offset || (since.offset === offset && isUnlike(known, later));
  return isOther ? { from: 0, to: reach } : undefined;
}

const isUnlike = (one: FileIdentity | undefined, other: FileIdentity | undefined): boolean =>
  one !== undefined && other !== undefined && (one.head !== other.head || one.tail !== other.tail);
