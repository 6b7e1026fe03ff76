import type { Key } from '@tidemark/streams';
import { OperatorFault, operatorOf } from '../failure.js';
import { findNotJson, keep, keptFromText, keptText, unkeep, type Kept } from '../kept-value.js';
import { keySlot } from '../key-slot.js';
import {
  asKey,
  asKeyedRow,
  getOrAdd,
  type Operator,
  type OperatorParts,
  type OperatorState,
  type RowContext,
} from '../operator.js';
import { roleOf } from './stateless.js';

/**
 * A state for each key. Only keys with values in a batch are visited, in the order in which they first came, so that a
 * replay emits the same rows in the same order whatever was restored.
 */
export function updateStateByKey({ node, emit, where }: OperatorParts): Operator {
  const update = roleOf(node.functions, 'update');
  const held = new Map<Key, Kept>();
  const batches = new Map<RowContext, Map<Key, unknown[]>>();

  const updateOne = (key: Key, values: readonly unknown[], context: RowContext): void => {
    where.operator = node;
    where.key = JSON.stringify(key);
    const before = held.get(key);
    const state = update(values, before === undefined ? undefined : unkeep(before), key, context);
    if (state === undefined) held.delete(key);
    else held.set(key, keepState(state, where.key));
    where.key = undefined;
    if (state !== undefined) emit([key, state], context);
  };

  return {
    push(row, context) {
      where.operator = node;
      const [key, value] = asKeyedRow(row);
      const values = getOrAdd(batches, context, () => new Map<Key, unknown[]>());
      getOrAdd(values, key, () => []).push(value);
    },
    endBatch() {
      for (const [context, byKey] of batches) for (const [key, values] of byKey) updateOne(key, values, context);
      batches.clear();
    },
    state: stateOf(node.uid ?? '', held),
  };
}

function stateOf(uid: string, held: Map<Key, Kept>): OperatorState {
  return {
    uid,
    size: () => held.size,
    restore: ({ key, value }) => void held.set(asKey(JSON.parse(key)), keptFromText(value)),
    *rows() {
      for (const [key, kept] of held) {
        const text = JSON.stringify(key);
        yield { slot: keySlot(text), key: text, value: keptText(kept) };
      }
    },
  };
}

/** @throws OperatorFault `state_not_json`, naming the place in the value. */
export function keepState(value: unknown, keyText: string): Kept {
  const wrong = findNotJson(value);
  if (wrong === undefined) return keep(value);
  throw new OperatorFault((where) => ({
    code: 'state_not_json',
    operator: operatorOf(where),
    key: keyText.slice(0, 200),
    path: wrong.path,
    found: wrong.found,
  }));
}
