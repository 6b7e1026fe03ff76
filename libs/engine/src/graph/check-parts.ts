import type { StateShape } from '@tidemark/domain';
import type { NodeKind } from '@tidemark/streams';
import type { CheckedNode } from './checked-definition.js';
import { copyJson } from './json-copy.js';

/** Judges one node; `invalid` is told what is wrong with it. */
export type Check = (node: CheckedNode, invalid: (reason: string) => void) => void;

export type Checks = { readonly [K in NodeKind]?: Check };

/** By kind: what makes kept state mean something else when it changes. */
export type Parameters = { readonly [K in NodeKind]?: (node: CheckedNode) => StateShape['parameters'] };

/** Whole milliseconds, from 0. */
export const isDuration = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

export function isJson(value: unknown): boolean {
  try {
    copyJson(value);
    return true;
  } catch {
    return false;
  }
}
