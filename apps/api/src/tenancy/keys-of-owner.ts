import { Injectable } from '@nestjs/common';
import { isId, TenantStore, TidemarkError, type ApiKeyId, type KeyOwner } from '@tidemark/domain';
import { apiKeyCursor, pageOf, type PageAnswer, type PageQuery } from '../transport/paging.js';
import { showApiKey, type ApiKeyAnswer } from './api-key.answers.js';

/** The keys of a tenant or of the admins. */
@Injectable()
export class KeysOfOwner {
  constructor(private readonly tenants: TenantStore) {}

  list(owner: KeyOwner, query: PageQuery): Promise<PageAnswer<ApiKeyAnswer>> {
    return pageOf(query, {
      cursor: apiKeyCursor,
      read: (page) => this.tenants.listKeys(owner, page),
      cursorOf: ({ id }) => id,
      show: showApiKey,
    });
  }

  /** @param by the key that the request came with. Throws `thing_not_found` and `key_of_this_request`. */
  async revoke(owner: KeyOwner, id: string, by: ApiKeyId): Promise<ApiKeyAnswer> {
    if (id === by) throw new TidemarkError('key_of_this_request', { keyId: id });
    const key = isId('apiKey', id) ? await this.tenants.revokeKey(owner, id) : undefined;
    if (key === undefined) throw new TidemarkError('thing_not_found', { thing: 'API key', id });
    return showApiKey(key);
  }
}
