import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { TidemarkError } from '@tidemark/domain';
import { NEEDS, type Needs } from '../transport/operation.js';
import type { AuthenticatedRequest } from './caller.js';
import { Callers } from './callers.js';

/** Stands before every route. One that does not say whose key it takes, takes a tenant's. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: Callers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needs = this.reflector.get<Needs | undefined>(NEEDS, context.getHandler()) ?? 'tenant';
    if (needs === 'no_key') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    const caller = key === undefined ? undefined : await this.callers.withKey(key);
    if (caller === undefined) throw new TidemarkError('key_unknown', undefined);
    if (needs !== 'any_key' && caller.role !== needs) throw new TidemarkError('key_not_allowed', { needs });
    request.caller = caller;
    return true;
  }
}
