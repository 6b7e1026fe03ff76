import { Body, Controller, Delete, Get, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { IdSource, TenantStore, type Caller, type KeyOwner } from '@tidemark/domain';
import { TextField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { PageQuery, type PageAnswer } from '../transport/paging.js';
import { ApiKeyAnswer, ApiKeyPage, NewApiKeyAnswer } from './api-key.answers.js';
import { By } from './caller.js';
import { sha256OfKey } from './callers.js';
import { existingTenant } from './existing-tenant.js';
import { KeysOfOwner } from './keys-of-owner.js';
import { newKey } from './new-key.js';

@ApiSchema({ name: 'ApiKeyOrder' })
export class ApiKeyRequest {
  @TextField({ max: 80, description: 'What the key is for.' })
  readonly label!: string;
}

/** The keys of a tenant, for the admin key. */
@ApiTags('tenants')
@Controller('v1/tenants/:id/api-keys')
export class ApiKeysController {
  constructor(
    private readonly tenants: TenantStore,
    private readonly keys: KeysOfOwner,
    private readonly ids: IdSource,
  ) {}

  // No idempotency key here: repeating the answer would mean to store the key itself.
  @Post()
  @Operation({
    id: 'createApiKey',
    summary: 'Creates an API key of a tenant',
    needs: 'admin',
    status: HttpStatus.CREATED,
    answer: NewApiKeyAnswer,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async create(@Param('id') tenantId: string, @Body() { label }: ApiKeyRequest): Promise<NewApiKeyAnswer> {
    const tenant = await existingTenant(this.tenants, tenantId);
    const key = newKey();
    const id = this.ids.next('apiKey');
    await this.tenants.addKey({ id, tenantId: tenant.id, role: 'tenant', sha256: sha256OfKey(key), label });
    return { id, key, label };
  }

  @Get()
  @Operation({
    id: 'listApiKeys',
    summary: 'Lists the API keys of a tenant, revoked ones too, newest first',
    needs: 'admin',
    answer: ApiKeyPage,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async list(@Param('id') tenantId: string, @Query() query: PageQuery): Promise<PageAnswer<ApiKeyAnswer>> {
    return this.keys.list(await this.ownerWith(tenantId), query);
  }

  @Delete(':keyId')
  @Operation({
    id: 'revokeApiKey',
    summary: 'Revokes an API key of a tenant, for good; again it answers the same',
    needs: 'admin',
    answer: ApiKeyAnswer,
    problems: [HttpStatus.NOT_FOUND],
  })
  async revoke(
    @Param('id') tenantId: string,
    @Param('keyId') keyId: string,
    @By() caller: Caller,
  ): Promise<ApiKeyAnswer> {
    return this.keys.revoke(await this.ownerWith(tenantId), keyId, caller.keyId);
  }

  private async ownerWith(id: string): Promise<KeyOwner> {
    const { id: tenantId } = await existingTenant(this.tenants, id);
    return { role: 'tenant', tenantId };
  }
}
