import { Body, Controller, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Clock, IdSource, isId, TenantStore, TidemarkError } from '@tidemark/domain';
import { TextField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { Shown, shownType } from '../transport/shown.js';
import { sha256OfKey } from './callers.js';
import { newKey } from './new-key.js';

@ApiSchema({ name: 'TenantOrder' })
export class TenantRequest {
  @TextField({
    max: 40,
    pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    patternSays: '$property must be lower-case letters, digits and dashes, with a letter or digit at each end',
    description: "Name of the tenant; also of its folder under the runners' files root.",
  })
  readonly name!: string;
}

@ApiSchema({ name: 'ApiKeyOrder' })
export class ApiKeyRequest {
  @TextField({ max: 80, description: 'What the key is for.' })
  readonly label!: string;
}

class TenantAnswer {
  @Shown('Id of the tenant.', 'string')
  readonly id!: string;

  @Shown('Its name.', 'string')
  readonly name!: string;

  @Shown('When it was created.', 'time')
  readonly createdAt!: string;
}
shownType('Tenant', TenantAnswer);

class ApiKeyAnswer {
  @Shown('Id of the key.', 'string')
  readonly id!: string;

  @Shown('The key itself. It is shown here and never again.', 'string')
  readonly key!: string;

  @Shown('What the key is for.', 'string')
  readonly label!: string;
}
shownType('ApiKey', ApiKeyAnswer);

/** Tenants and their keys, for the admin key. */
@ApiTags('tenants')
@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly tenants: TenantStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {}

  @Post()
  @Operation({
    id: 'ensureTenant',
    summary: 'Creates a tenant, or shows the one that has this name',
    needs: 'admin',
    answer: TenantAnswer,
    problems: [HttpStatus.BAD_REQUEST],
  })
  async create(@Body() { name }: TenantRequest): Promise<TenantAnswer> {
    const createdAt = new Date(this.clock.nowMs());
    const tenant = await this.tenants.ensureTenant({ id: this.ids.next('tenant'), name, createdAt });
    return { id: tenant.id, name: tenant.name, createdAt: tenant.createdAt.toISOString() };
  }

  // No idempotency key here: repeating the answer would mean to store the key itself.
  @Post(':id/api-keys')
  @Operation({
    id: 'createApiKey',
    summary: 'Creates an API key of a tenant',
    needs: 'admin',
    status: HttpStatus.CREATED,
    answer: ApiKeyAnswer,
    problems: [HttpStatus.BAD_REQUEST, HttpStatus.NOT_FOUND],
  })
  async createKey(@Param('id') tenantId: string, @Body() { label }: ApiKeyRequest): Promise<ApiKeyAnswer> {
    const tenant = isId('tenant', tenantId) ? await this.tenants.findTenant(tenantId) : undefined;
    if (tenant === undefined) throw new TidemarkError('thing_not_found', { thing: 'tenant', id: tenantId });
    const key = newKey();
    const id = this.ids.next('apiKey');
    await this.tenants.addKey({ id, tenantId: tenant.id, role: 'tenant', sha256: sha256OfKey(key), label });
    return { id, key, label };
  }
}
