import type { Key } from '@tidemark/streams';
import { KeyDictionary } from '../../../state/key-dictionary.js';
import type { StateTable } from '../../../state/state-table.js';

/** A session that has a result now. */
export interface SessionResult {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: StateTable;
  readonly id: number;
  /**
   * What a trigger took out of it; absent if the result is what lies in the table. The row may be another key's by now: `id`
   * is that of its key among `keys`.
   */
  readonly taken?: { readonly key: Key; readonly keys: KeyDictionary; readonly id: number; readonly value: unknown };
}

/** Results that a trigger takes out of sessions in one batch. Owner: the operator. */
export class TakenResults {
  private results: SessionResult[] = [];
  private keys = new KeyDictionary();

  add(from: SessionResult, value: unknown): void {
    const { keys } = from.table;
    const taken = { key: keys.key(from.id), keys: this.keys, id: this.keys.idOfOther(keys, from.id), value };
    this.results.push({ ...from, taken });
  }

  /** Those of the batch; the next one begins without any. */
  takeAll(): SessionResult[] {
    const { results } = this;
    if (results.length === 0) return [];
    this.results = [];
    this.keys = new KeyDictionary();
    return results;
  }
}

/** By the end of the session, then by its start and its key: an order that no restore changes. */
export function inOrder(results: readonly SessionResult[]): readonly SessionResult[] {
  return results.toSorted((a, b) => a.endMs - b.endMs || a.startMs - b.startMs || byKey(a, b));
}

function byKey(a: SessionResult, b: SessionResult): number {
  const [one, other] = [keyOf(a), keyOf(b)];
  return one.keys.compare(one.id, other.id, other.keys);
}

const keyOf = ({ taken, table, id }: SessionResult): { readonly keys: KeyDictionary; readonly id: number } =>
  taken ?? { keys: table.keys, id };
