import type { Key } from '@tidemark/streams';
import {
  asKeyedRow,
  getOrAdd,
  refuseThenable,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { roleOf } from './stateless.js';

/** One value for each key of a batch, in the order in which the keys first came. */
export function reduceByKey({ node, emit, where }: OperatorParts): Operator {
  const reduce = roleOf(node.functions, 'reduce');
  const batches = new Map<RowContext, Map<Key, unknown>>();
  return {
    push(row, context) {
      where.operator = node;
      const [key, value] = asKeyedRow(row);
      const values = getOrAdd(batches, context, () => new Map<Key, unknown>());
      if (!values.has(key)) {
        values.set(key, value);
        return;
      }
      const reduced = reduce(values.get(key), value);
      refuseThenable(reduced);
      values.set(key, reduced);
    },
    endBatch() {
      for (const [context, values] of batches) for (const keyed of values) emit(keyed, context);
      batches.clear();
    },
  };
}
