import type { Emit } from '../../fuse/row-code.js';
import { iterableOf } from '../../fuse/stateless-code.js';
import { getOrAdd, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';

interface Collected {
  readonly records: unknown[];
  /** The newest of them. */
  timeMs: number;
}

/** Gives all rows of a batch (behind a window: of each window) to the job's code at once. Rows out of it are as old as the newest. */
export function transform(parts: OperatorParts): Operator {
  const { node, where } = parts;
  const apply = roleOf(node.functions, 'apply');
  const iterable = iterableOf('transform');
  const emitter: { readonly run: Emit } = parts.emitter();
  const isKeyed = parts.isKeyed(0);
  const batches = new Map<RowContext, Collected>();
  return {
    push(value, key, timeMs, context) {
      const batch = getOrAdd(batches, context, () => ({ records: [], timeMs }));
      batch.records.push(isKeyed ? [key, value] : value);
      if (timeMs > batch.timeMs) batch.timeMs = timeMs;
    },
    endBatch() {
      for (const [context, { records, timeMs }] of batches) {
        where.operator = node;
        for (const row of iterable(apply(records, context))) {
          emitter.run(row, undefined, timeMs, context);
          where.operator = node;
        }
      }
      batches.clear();
    },
  };
}
