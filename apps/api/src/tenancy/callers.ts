import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantStore, type Caller } from '@tidemark/domain';

/** A revoked key works this long at most. */
const REMEMBERED_MS = 5_000;
const REMEMBERED_MAX = 10_000;
const KEY_LENGTH_MAX = 256;

/** Finds out whose key a request carries. Remembers known keys for a moment, unknown ones never. */
@Injectable()
export class Callers {
  private readonly remembered = new Map<string, { readonly caller: Caller; readonly untilMs: number }>();

  constructor(private readonly tenants: TenantStore) {}

  async withKey(key: string): Promise<Caller | undefined> {
    if (key.length > KEY_LENGTH_MAX) return undefined;
    const sha256 = sha256OfKey(key);
    const known = this.remembered.get(sha256);
    if (known !== undefined && known.untilMs > performance.now()) return known.caller;
    const caller = await this.tenants.findCaller(sha256);
    if (caller === undefined) this.remembered.delete(sha256);
    else this.remember(sha256, caller);
    return caller;
  }

  private remember(sha256: string, caller: Caller): void {
    this.remembered.delete(sha256);
    if (this.remembered.size >= REMEMBERED_MAX) {
      const oldest = this.remembered.keys().next();
      if (oldest.done !== true) this.remembered.delete(oldest.value);
    }
    this.remembered.set(sha256, { caller, untilMs: performance.now() + REMEMBERED_MS });
  }
}

/** How a key is stored: hex SHA-256 of its text. */
export const sha256OfKey = (key: string): string => createHash('sha256').update(key).digest('hex');
