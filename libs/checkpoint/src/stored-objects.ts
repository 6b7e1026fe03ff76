import { isTidemarkError, TidemarkError } from '@tidemark/domain';
import type { ObjectStore } from './object-store.port.js';
import { sha256InTurns } from './sha256.js';

/**
 * Reads objects of one checkpoint and holds them against what is known of them. Whatever does not hold makes the
 * checkpoint unreadable as a whole.
 */
export class StoredObjects {
  constructor(
    private readonly store: ObjectStore,
    /** The checkpoint's folder. */
    private readonly path: string,
  ) {}

  /** `name` is relative to the checkpoint's folder, or to `expected.in`, the folder of another. */
  async verified(
    name: string,
    expected: { readonly sha256: string; readonly bytes?: number; readonly in?: string },
  ): Promise<Uint8Array> {
    const refuse = this.refuse(name, expected.in);
    let bytes: Uint8Array;
    try {
      bytes = await this.store.get(`${expected.in ?? this.path}/${name}`);
    } catch (error) {
      if (isTidemarkError(error) && error.code === 'object_missing') throw refuse('it is missing', error);
      throw error;
    }
    if (expected.bytes !== undefined && bytes.length !== expected.bytes) {
      throw refuse(`it has ${bytes.length} bytes instead of ${expected.bytes}`);
    }
    if ((await sha256InTurns(bytes)) !== expected.sha256) throw refuse('its contents do not match their SHA-256');
    return bytes;
  }

  /** Makes the error for an object that is not what it should be. */
  refuse(name: string, folder?: string): (reason: string, cause?: unknown) => TidemarkError {
    const file = folder === undefined || folder === this.path ? name : `${folder}/${name}`;
    return (reason, cause) =>
      new TidemarkError('checkpoint_unreadable', { path: this.path, reason: `${file}: ${reason}` }, { cause });
  }
}
