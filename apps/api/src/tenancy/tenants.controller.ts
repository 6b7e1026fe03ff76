import { Body, Controller, Get, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Clock, IdSource, TenantStore, type Tenant } from '@tidemark/domain';
import { TextField } from '../transport/fields.js';
import { Operation } from '../transport/operation.js';
import { pageClass, pageOf, PageQuery, tenantCursor, type PageAnswer } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

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

class TenantAnswer {
  @Shown('Id of the tenant.', 'string')
  readonly id!: string;

  @Shown('Its name.', 'string')
  readonly name!: string;

  @Shown('When it was created.', 'time')
  readonly createdAt!: string;
}
shownType('Tenant', TenantAnswer);
const TenantPage = pageClass(TenantAnswer, 'TenantPage');

/** Tenants, for the admin key. */
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
    return showTenant(await this.tenants.ensureTenant({ id: this.ids.next('tenant'), name, createdAt }));
  }

  @Get()
  @Operation({
    id: 'listTenants',
    summary: 'Lists tenants, newest first',
    needs: 'admin',
    answer: TenantPage,
    problems: [HttpStatus.BAD_REQUEST],
  })
  list(@Query() query: PageQuery): Promise<PageAnswer<TenantAnswer>> {
    return pageOf(query, {
      cursor: tenantCursor,
      read: (page) => this.tenants.listTenants(page),
      cursorOf: ({ id }) => id,
      show: showTenant,
    });
  }
}

const showTenant = ({ id, name, createdAt }: Tenant): TenantAnswer => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
});
