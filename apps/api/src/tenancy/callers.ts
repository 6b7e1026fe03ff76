import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantStore, type Caller } from '@tidemark/domain';

const KEY_LENGTH_MAX = 256;

/** Finds out whose key a request carries. Nothing is remembered: a key that is revoked ends with its next request. */
@Injectable()
export class Callers {
  constructor(private readonly tenants: TenantStore) {}

  async withKey(key: string): Promise<Caller | undefined> {
    return key.length > KEY_LENGTH_MAX ? undefined : this.tenants.findCaller(sha256OfKey(key));
  }
}

/** How a key is stored: hex SHA-256 of its text. */
export const sha256OfKey = (key: string): string => createHash('sha256').update(key).digest('hex');
