import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { tenantOfCaller, TidemarkError, type Caller } from '@tidemark/domain';
import { NEEDS, type Needs } from '../transport/operation.js';
import { TENANT_HEADER } from '../transport/tenant-header.js';
import type { AuthenticatedRequest } from './caller.js';
import { Callers } from './callers.js';
import { NamedTenant } from './named-tenant.js';

/** Stands before every route. One that does not say whose key it takes, takes a tenant's, or an admin's for a tenant. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: Callers,
    private readonly namedTenant: NamedTenant,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needs = this.reflector.get<Needs | undefined>(NEEDS, context.getHandler()) ?? 'tenant';
    if (needs === 'no_key') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    const caller = key === undefined ? undefined : await this.callers.withKey(key);
    if (caller === undefined) throw new TidemarkError('key_unknown', undefined);
    request.caller = await this.allowed(caller, needs, request);
    return true;
  }

  /** The caller with the tenant that it acts for. Throws `key_not_allowed`. */
  private async allowed(caller: Caller, needs: Needs, { headers }: AuthenticatedRequest): Promise<Caller> {
    const named = headers[TENANT_HEADER.toLowerCase()];
    if (needs === 'admin') {
      if (caller.role !== 'admin') throw new TidemarkError('key_not_allowed', { needs });
      // Passing over it would do something else than what was asked, for another tenant than was meant.
      if (named !== undefined) throw notForATenant();
      return caller;
    }
    const acting = named === undefined ? caller : await this.namedTenant.actingFor(caller, String(named));
    if (needs === 'tenant' && tenantOfCaller(acting) === undefined)
      throw new TidemarkError('key_not_allowed', { needs });
    return acting;
  }
}

const notForATenant = (): TidemarkError =>
  new TidemarkError('validation_failed', {
    problems: [{ field: TENANT_HEADER, problem: 'must be left out: this is done by an admin for no tenant' }],
  });
