/** What one key of a space is to be: `undefined` takes it away. */
export interface ColdChange {
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
}

/** Rows as they were at one moment, in an order of the store's. */
export interface ColdEntries {
  /** About the next `bytesMax` bytes of them; none at the end. */
  next(bytesMax: number): readonly (readonly [key: Uint8Array, row: Uint8Array])[];
  /** Lets go of that moment. Safe to call again. */
  close(): void;
}

/**
 * Where state lies that is not in memory: rows by key, in spaces that share nothing. It is scratch: the checkpoint is what
 * survives, so nothing here need outlive the process. A key has 1 to 1,978 bytes.
 *
 * Bytes that are given are not changed afterwards by either side. Owner: one run. Writes do not overlap; reads may run beside them.
 */
export interface ColdStore {
  /** The rows of these keys, in their order. */
  read(space: string, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** All of them, in their order: a later change of the same key wins. @throws TidemarkError `store_full`. */
  write(space: string, changes: readonly ColdChange[]): Promise<void>;
  clear(space: string): Promise<void>;
  count(space: string): number;
  /** Everything as it is now; what is written later does not show. */
  entries(space: string): ColdEntries;
  /** Takes everything away. Whatever is asked of it afterwards, or is still under way, fails. Safe to call again. */
  close(): Promise<void>;
}
