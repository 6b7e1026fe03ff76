import { applyDecorators, HttpCode, HttpStatus, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEM_MEDIA_TYPE, Problem } from './problem.js';
import { TENANT_HEADER } from './tenant-header.js';

/** Whose key an operation takes: a tenant's, which is also an admin's that names the tenant. Health alone takes none. */
export type Needs = 'tenant' | 'admin' | 'any_key' | 'no_key';

export const NEEDS = Symbol('needs');
/** The public name of the operation. */
export const OPERATION_ID = Symbol('operation id');

interface Operation {
  /** Public name of the operation; never renamed. */
  readonly id: string;
  readonly summary: string;
  readonly needs?: Needs;
  readonly status?: HttpStatus.OK | HttpStatus.CREATED | HttpStatus.ACCEPTED | HttpStatus.NO_CONTENT;
  readonly answer?: new () => object;
  /** The answer with status 503, where it is none of the usual problems. */
  readonly answerWhenUnavailable?: new () => object;
  /** Statuses of problems beside those that every operation can have. */
  readonly problems?: readonly HttpStatus[];
  /** Takes `If-Match` with the version that the client saw. */
  readonly conditional?: boolean;
}

/** What an operation is called, whose key it takes, and everything that it answers. Nothing else documents it. */
export const Operation = (operation: Operation): MethodDecorator => {
  const {
    id,
    summary,
    needs = 'tenant',
    status = HttpStatus.OK,
    answer,
    problems = [],
    conditional = false,
  } = operation;
  const failures = new Set([
    ...STATUSES_OF_KEY[needs],
    ...problems,
    ...(conditional ? [HttpStatus.PRECONDITION_FAILED] : []),
    HttpStatus.INTERNAL_SERVER_ERROR,
    ...(operation.answerWhenUnavailable === undefined ? [HttpStatus.SERVICE_UNAVAILABLE] : []),
  ]);
  return applyDecorators(
    SetMetadata(NEEDS, needs),
    SetMetadata(OPERATION_ID, id),
    HttpCode(status),
    ApiOperation({ operationId: id, summary }),
    ApiResponse({ status, description: summary, ...(answer === undefined ? {} : { type: answer }) }),
    ...[...failures].map(problemResponse),
    ...(operation.answerWhenUnavailable === undefined ? [] : [whenUnavailable(operation.answerWhenUnavailable)]),
    ...(needs === 'no_key' ? [] : [ApiBearerAuth('key')]),
    ...(needs === 'tenant' || needs === 'any_key' ? [tenantHeader] : []),
    ...(conditional ? [ifMatchHeader] : []),
    ApiExtraModels(Problem),
  );
};

/** What can be wrong with the key and with the tenant that it is to act for. */
const STATUSES_OF_KEY = {
  tenant: [HttpStatus.UNAUTHORIZED, HttpStatus.FORBIDDEN, HttpStatus.NOT_FOUND],
  any_key: [HttpStatus.UNAUTHORIZED, HttpStatus.FORBIDDEN, HttpStatus.NOT_FOUND],
  admin: [HttpStatus.UNAUTHORIZED, HttpStatus.FORBIDDEN, HttpStatus.BAD_REQUEST],
  no_key: [],
} as const satisfies Record<Needs, readonly HttpStatus[]>;

const tenantHeader = ApiHeader({
  name: TENANT_HEADER,
  required: false,
  description:
    "Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's " +
    'key it is not needed, and can only be its own.',
  schema: { type: 'string', minLength: 1, maxLength: 40 },
});

const ifMatchHeader = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'The ETag that the client saw; 412 if the job has changed since.',
  schema: { type: 'string' },
});

const whenUnavailable = (type: new () => object): MethodDecorator =>
  ApiResponse({ status: HttpStatus.SERVICE_UNAVAILABLE, description: 'The service cannot work now.', type });

const problemResponse = (status: HttpStatus): MethodDecorator =>
  ApiResponse({
    status,
    description: DESCRIPTIONS[status] ?? 'The request failed.',
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: getSchemaPath(Problem) } } },
  });

const DESCRIPTIONS: { readonly [status: number]: string } = {
  [HttpStatus.BAD_REQUEST]: 'The request is not valid; every wrong field is named.',
  [HttpStatus.UNAUTHORIZED]: 'The API key is missing, unknown or revoked.',
  [HttpStatus.FORBIDDEN]: 'The API key may not do that.',
  [HttpStatus.NOT_FOUND]: 'There is no such thing, or it belongs to somebody else.',
  [HttpStatus.CONFLICT]: 'The state of the thing does not allow it.',
  [HttpStatus.PRECONDITION_FAILED]: 'The job has changed since the version in If-Match.',
  [HttpStatus.PAYLOAD_TOO_LARGE]: 'The request body is too large.',
  [HttpStatus.UNPROCESSABLE_ENTITY]: "The bundle's definition, or what was asked for, went over a bound.",
  [HttpStatus.TOO_MANY_REQUESTS]: 'Too many of these at once; retry later.',
  [HttpStatus.INTERNAL_SERVER_ERROR]: 'Something went wrong on our side; a reference is given.',
  [HttpStatus.SERVICE_UNAVAILABLE]: 'The service cannot answer now; retry later.',
  [HttpStatus.INSUFFICIENT_STORAGE]: 'No space is left in the object store.',
};
