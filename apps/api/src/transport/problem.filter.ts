import { randomUUID } from 'node:crypto';
import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { isTidemarkError, TidemarkError, type ErrorKind } from '@tidemark/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from './database-away.js';
import { statusOf } from './error-status.js';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.js';
import { RouteTable } from './route-table.js';

/** Turns whatever was thrown into a problem document. What is not in the catalogue is logged and stays with us. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('api');

  constructor(private readonly routes: RouteTable) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.catalogued(thrown, request);
    const status = statusOf(error.code, { hasPrecondition: request.headers['if-match'] !== undefined });
    if (reply.sent) return;
    void reply
      .status(status)
      .headers(headersOf(error))
      .header('content-type', PROBLEM_MEDIA_TYPE)
      // As bytes: the adapter would otherwise choose a serialiser by the handler's own media type.
      .send(Buffer.from(JSON.stringify(problemOf(error, status, pathOf(request)))));
  }

  private catalogued(thrown: unknown, request: FastifyRequest): TidemarkError {
    if (isTidemarkError(thrown)) {
      if (thrown.spec.kind !== 'internal') return thrown;
      return this.fault(thrown, request);
    }
    if (isDatabaseAway(thrown)) return this.databaseAway(thrown, request);
    return this.refusedByTransport(thrown, request) ?? this.fault(thrown, request);
  }

  /** What Fastify and Nest refuse before a handler of ours is reached. */
  private refusedByTransport(thrown: unknown, request: FastifyRequest): TidemarkError | undefined {
    const path = pathOf(request);
    switch (statusThrown(thrown)) {
      case HttpStatus.NOT_FOUND: {
        const allowed = this.routes.methodsOf(path);
        return allowed.length === 0
          ? new TidemarkError('route_not_found', { method: request.method, path })
          : new TidemarkError('method_not_allowed', { method: request.method, path, allowed });
      }
      case HttpStatus.PAYLOAD_TOO_LARGE:
        return new TidemarkError('body_too_large', { bytesMax: request.routeOptions.bodyLimit });
      case HttpStatus.UNSUPPORTED_MEDIA_TYPE:
        return invalid('Content-Type', 'must be application/json');
      case HttpStatus.BAD_REQUEST:
        return invalid('body', `cannot be read: ${(thrown as Error).message}`);
      default:
        return undefined;
    }
  }

  private databaseAway(cause: unknown, request: FastifyRequest): TidemarkError {
    this.log.warn('the database does not answer', {
      method: request.method,
      path: pathOf(request),
      cause: String(cause),
    });
    return new TidemarkError('database_unavailable', undefined, { cause });
  }

  private fault(thrown: unknown, request: FastifyRequest): TidemarkError {
    const reference = randomUUID();
    const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.log.error(cause, { reference, method: request.method, path: pathOf(request) });
    return new TidemarkError('internal_fault', { reference }, { cause });
  }
}

/** Kinds of which a second attempt can come to something. A second is longer than anything takes that is refused for being in use. */
const WITH_RETRY_AFTER: ReadonlySet<ErrorKind> = new Set(['exhausted', 'unavailable']);

function statusThrown(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number')
    return thrown.statusCode;
  return undefined;
}

function headersOf(error: TidemarkError): { readonly [name: string]: string } {
  if (error.code === 'key_unknown') return { 'www-authenticate': 'Bearer realm="tidemark"' };
  if (error.code === 'method_not_allowed')
    return { allow: (error as TidemarkError<'method_not_allowed'>).params.allowed.join(', ') };
  return error.spec.retry === 'backoff' && WITH_RETRY_AFTER.has(error.spec.kind) ? { 'retry-after': '1' } : {};
}

const invalid = (field: string, problem: string): TidemarkError =>
  new TidemarkError('validation_failed', { problems: [{ field, problem }] });

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? request.url;
