/**
 * Where checkpoints and bundles lie. Paths are relative, with `/` between segments of `[A-Za-z0-9._-]+`, never `.` or
 * `..`. An object is written once and never changed.
 */
export abstract class ObjectStore {
  /**
   * Writes a whole object, durable when this resolves. Throws `object_exists` if the path is taken, by an object
   * that is durable then, and `store_full` if there is no room; after any other failure nothing is to be seen at `path`.
   */
  abstract put(path: string, bytes: Uint8Array): Promise<void>;
  /** Throws `object_missing`. */
  abstract get(path: string): Promise<Uint8Array>;
  /** Removing what is not there is not an error. */
  abstract remove(path: string): Promise<void>;
  /** Paths of all objects below `prefix` (a path of whole segments), sorted. */
  abstract list(prefix: string): Promise<readonly string[]>;
  /** The next segments below `prefix` (a path of whole segments) that have objects below them, sorted. */
  abstract folders(prefix: string): Promise<readonly string[]>;
}
