import { Body, Controller, Get, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { JobStores, type BundleDigest, type TenantId } from '@tidemark/domain';
import { Tenant } from '../tenancy/caller.js';
import { Idempotent } from '../transport/idempotency.js';
import { Operation } from '../transport/operation.js';
import { notACursor, pageOf, PageQuery, type PageAnswer } from '../transport/paging.js';
import { BundleAnswer, BundlePage, showBundle } from './bundle.answer.js';
import { BundleUpload } from './submit.requests.js';
import { existingBundle, UploadBundle } from './upload-bundle.js';

@ApiTags('bundles')
@Controller('v1/bundles')
export class BundlesController {
  constructor(
    private readonly uploads: UploadBundle,
    private readonly stores: JobStores,
  ) {}

  @Post()
  @Idempotent()
  @Operation({
    id: 'uploadBundle',
    summary: 'Uploads a bundle; the same code again is the same bundle',
    status: HttpStatus.CREATED,
    answer: BundleAnswer,
    problems: [
      HttpStatus.BAD_REQUEST,
      HttpStatus.CONFLICT,
      HttpStatus.PAYLOAD_TOO_LARGE,
      HttpStatus.UNPROCESSABLE_ENTITY,
      HttpStatus.TOO_MANY_REQUESTS,
      HttpStatus.INSUFFICIENT_STORAGE,
    ],
  })
  async upload(@Tenant() tenantId: TenantId, @Body() bundle: BundleUpload): Promise<BundleAnswer> {
    return showBundle(await this.uploads.run(tenantId, { code: bundle.code, sourceMap: bundle.sourceMap }));
  }

  @Get()
  @Operation({
    id: 'listBundles',
    summary: 'Lists bundles, newest first',
    answer: BundlePage,
    problems: [HttpStatus.BAD_REQUEST],
  })
  list(@Tenant() tenantId: TenantId, @Query() query: PageQuery): Promise<PageAnswer<BundleAnswer>> {
    const store = this.stores.forTenant(tenantId);
    return pageOf(query, {
      cursor: digestCursor,
      read: (page) => store.listBundles(page),
      cursorOf: ({ digest }) => digest,
      show: showBundle,
    });
  }

  @Get(':digest')
  @Operation({ id: 'getBundle', summary: 'Shows a bundle', answer: BundleAnswer, problems: [HttpStatus.NOT_FOUND] })
  async get(@Tenant() tenantId: TenantId, @Param('digest') digest: string): Promise<BundleAnswer> {
    return showBundle(await existingBundle(this.stores, tenantId, digest));
  }
}

const DIGEST = /^[0-9a-f]{64}$/;

function digestCursor(text: string): BundleDigest {
  if (DIGEST.test(text)) return text as BundleDigest;
  throw notACursor();
}
