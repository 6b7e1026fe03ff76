import type { NodeKind } from '@tidemark/streams';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { asKey, asKeyedRow, refuseThenable, type OperatorParts, type Push } from '../operator.js';

type StatelessKind = Extract<NodeKind, 'map' | 'filter' | 'flatMap' | 'keyBy' | 'mapValues' | 'union'>;

/** Operators that look at one row at a time: each is one function that calls the next, so a chain costs no arrays. */
export const STATELESS: { readonly [K in StatelessKind]: (parts: OperatorParts) => Push } = {
  map({ node, emit, where }) {
    const apply = applyOf(node.functions);
    return (row, context) => {
      where.operator = node;
      const mapped = apply(row, context);
      refuseThenable(mapped);
      emit(mapped, context);
    };
  },

  filter({ node, emit, where }) {
    const apply = applyOf(node.functions);
    return (row, context) => {
      where.operator = node;
      const kept = apply(row, context);
      refuseThenable(kept);
      if (kept) emit(row, context);
    };
  },

  flatMap({ node, emit, where }) {
    const apply = applyOf(node.functions);
    return (row, context) => {
      where.operator = node;
      const rows = apply(row, context);
      if (typeof rows !== 'object' || rows === null || !(Symbol.iterator in rows)) {
        throw misuse('flatMap must return an array or another iterable');
      }
      for (const each of rows as Iterable<unknown>) {
        emit(each, context);
        where.operator = node;
      }
    };
  },

  keyBy({ node, emit, where }) {
    const apply = applyOf(node.functions);
    return (row, context) => {
      where.operator = node;
      emit([asKey(apply(row, context)), row], context);
    };
  },

  mapValues({ node, emit, where }) {
    const apply = applyOf(node.functions);
    return (row, context) => {
      where.operator = node;
      const [key, value] = asKeyedRow(row);
      const mapped = apply(value, context);
      refuseThenable(mapped);
      emit([key, mapped], context);
    };
  },

  union({ emit }) {
    return emit;
  },
};

function applyOf(functions: { readonly [role: string]: TenantFunction }): TenantFunction {
  return roleOf(functions, 'apply');
}

/** A function that the check of the definition has found to be there. */
export function roleOf(functions: { readonly [role: string]: TenantFunction }, role: string): TenantFunction {
  const found = functions[role];
  if (found === undefined) throw new TypeError(`no function "${role}"`);
  return found;
}
