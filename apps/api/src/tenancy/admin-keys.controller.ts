import { Controller, Delete, Get, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '@tidemark/domain';
import { Operation } from '../transport/operation.js';
import { PageQuery, type PageAnswer } from '../transport/paging.js';
import { ApiKeyAnswer, ApiKeyPage } from './api-key.answers.js';
import { By } from './caller.js';
import { KeysOfOwner } from './keys-of-owner.js';

const ADMINS = { role: 'admin' } as const;

/** The keys of admins. None is made here: they come from the file that the operator of the machines writes. */
@ApiTags('tenants')
@Controller('v1/admin-keys')
export class AdminKeysController {
  constructor(private readonly keys: KeysOfOwner) {}

  @Get()
  @Operation({
    id: 'listAdminKeys',
    summary: 'Lists the API keys of admins, revoked ones too, newest first',
    needs: 'admin',
    answer: ApiKeyPage,
    problems: [HttpStatus.BAD_REQUEST],
  })
  list(@Query() query: PageQuery): Promise<PageAnswer<ApiKeyAnswer>> {
    return this.keys.list(ADMINS, query);
  }

  @Delete(':keyId')
  @Operation({
    id: 'revokeAdminKey',
    summary: 'Revokes an API key of an admin, but never the one that the request came with; again it answers the same',
    needs: 'admin',
    answer: ApiKeyAnswer,
    problems: [HttpStatus.NOT_FOUND, HttpStatus.CONFLICT],
  })
  revoke(@Param('keyId') keyId: string, @By() caller: Caller): Promise<ApiKeyAnswer> {
    return this.keys.revoke(ADMINS, keyId, caller.keyId);
  }
}
