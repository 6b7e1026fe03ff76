import type { TenantFunction } from '../checked-definition.js';

/** A function that the check of the definition has found to be there. */
export function roleOf(functions: { readonly [role: string]: TenantFunction }, role: string): TenantFunction {
  const found = functions[role];
  if (found === undefined) throw new TypeError(`no function "${role}"`);
  return found;
}
