import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { tenantOfCaller, TidemarkError, type Caller, type TenantId } from '@tidemark/domain';
import type { FastifyRequest } from 'fastify';

/** A request behind the guard. A request without a key, which only health takes, has no caller. */
export type AuthenticatedRequest = FastifyRequest & { caller?: Caller };

/** Who sent the request. Throws `key_unknown` where nobody did: no handler runs for nobody by mistake. */
export function callerOf(request: AuthenticatedRequest): Caller {
  if (request.caller === undefined) throw new TidemarkError('key_unknown', undefined);
  return request.caller;
}

/** The tenant that the request is for. Throws `key_not_allowed` for an admin's that names none. */
export function tenantOf(request: AuthenticatedRequest): TenantId {
  const tenantId = tenantOfCaller(callerOf(request));
  if (tenantId === undefined) throw new TidemarkError('key_not_allowed', { needs: 'tenant' });
  return tenantId;
}

const requestOf = (context: ExecutionContext): AuthenticatedRequest => context.switchToHttp().getRequest();

/** The tenant of the request, as a parameter of a handler. It is what the guard has found, and comes from nowhere else. */
export const Tenant = createParamDecorator((_: unknown, context: ExecutionContext) => tenantOf(requestOf(context)));

/** The caller of the request, as a parameter of a handler. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext) => callerOf(requestOf(context)));
