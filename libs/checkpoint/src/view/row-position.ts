// The order in which the rows of an operator's state are shown: by key slot, then key, then table. It is the same in every
// checkpoint, whatever files the rows lie in, and a slot holds about one in 128 keys.
import { KEY_SLOTS } from '@tidemark/domain';
import { z } from 'zod';
import { sha256 } from '../sha256.js';

/** Where a row stands in that order, or the end of a slot, where there is no key. */
export interface RowPosition {
  readonly slot: number;
  /** The key's JSON text and the table's name, both shortened by {@link sortText}. */
  readonly of?: readonly [key: string, table: string];
}

/** Longer texts are told apart by their SHA-256, so that a position stays short. */
const TEXT_CHARS_MAX = 256;

/** What a key's or a table's text is ordered by. */
export const sortText = (text: string): string =>
  text.length <= TEXT_CHARS_MAX ? text : text.slice(0, TEXT_CHARS_MAX) + sha256(text);

/** Below zero if `a` comes first. The end of a slot comes after everything in it. */
export function compareRows(a: RowPosition, b: RowPosition): number {
  if (a.slot !== b.slot) return a.slot - b.slot;
  if (a.of === undefined || b.of === undefined) return Number(a.of === undefined) - Number(b.of === undefined);
  return compareTexts(a.of[0], b.of[0]) || compareTexts(a.of[1], b.of[1]);
}

/** By UTF-16 code units. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const slot = z
  .int()
  .nonnegative()
  .max(KEY_SLOTS - 1);
const cursor = z.union([z.tuple([slot]), z.tuple([slot, z.string(), z.string()])]);

/** A text of a position that can stand in an address. */
export const rowCursor = ({ slot, of }: RowPosition): string =>
  Buffer.from(JSON.stringify([slot, ...(of ?? [])])).toString('base64url');

/** The position of a text that {@link rowCursor} made; undefined for any other. */
export function readRowCursor(text: string): RowPosition | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
  const read = cursor.safeParse(json);
  if (!read.success) return undefined;
  const [slot, key, table] = read.data;
  return key === undefined || table === undefined ? { slot } : { slot, of: [key, table] };
}
