import type { Emit } from '../../fuse/row-code.js';
import type { TenantFunction } from '../checked-definition.js';
import { getOrAdd, refuseThenable, timeOf, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';

/** One value for each key of a batch, in the order in which the keys first came. */
export function reduceByKey(parts: OperatorParts): Operator {
  return new ReduceByKey(parts);
}

class ReduceByKey implements Operator {
  private readonly reduce: TenantFunction;
  private readonly emitter: { readonly run: Emit };
  private readonly batches = new Map<RowContext, Map<unknown, unknown>>();

  constructor(private readonly parts: OperatorParts) {
    this.reduce = roleOf(parts.node.functions, 'reduce');
    this.emitter = parts.emitter();
  }

  push(value: unknown, key: unknown, _time: number, context: RowContext): void {
    const { where, node } = this.parts;
    where.operator = node;
    const values = getOrAdd(this.batches, context, () => new Map<unknown, unknown>());
    if (!values.has(key)) {
      values.set(key, value);
      return;
    }
    const reduced = this.reduce(values.get(key), value);
    refuseThenable(reduced);
    values.set(key, reduced);
  }

  endBatch(): void {
    for (const [context, values] of this.batches) {
      for (const [key, value] of values) this.emitter.run(value, key, timeOf(context), context);
    }
    this.batches.clear();
  }
}
