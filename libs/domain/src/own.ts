/** A member that is the record's own. Keys come from tenants: a file may be called `constructor`, an operator `valueOf`. */
export function own<T>(record: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
