import { HttpStatus } from '@nestjs/common';
import { ERRORS, isTidemarkError, type ErrorCode, type ErrorKind } from '@tidemark/domain';

/** The domain names kinds; only the edge knows status numbers. A new kind does not compile until it has one. */
export const HTTP_STATUS = {
  invalid: HttpStatus.BAD_REQUEST,
  unauthenticated: HttpStatus.UNAUTHORIZED,
  forbidden: HttpStatus.FORBIDDEN,
  not_found: HttpStatus.NOT_FOUND,
  conflict: HttpStatus.CONFLICT,
  too_large: HttpStatus.PAYLOAD_TOO_LARGE,
  exhausted: HttpStatus.TOO_MANY_REQUESTS,
  storage_full: HttpStatus.INSUFFICIENT_STORAGE,
  unavailable: HttpStatus.SERVICE_UNAVAILABLE,
  internal: HttpStatus.INTERNAL_SERVER_ERROR,
} as const satisfies Record<ErrorKind, HttpStatus>;

/** Where HTTP has a more telling status than the one of the kind. */
const STATUS_OF_CODE: { readonly [C in ErrorCode]?: HttpStatus } = {
  method_not_allowed: HttpStatus.METHOD_NOT_ALLOWED,
  // Sending the same bundle again cannot help, which is what 429 would invite to.
  job_over_cpu: HttpStatus.UNPROCESSABLE_ENTITY,
  job_over_memory: HttpStatus.UNPROCESSABLE_ENTITY,
  job_output_too_large: HttpStatus.UNPROCESSABLE_ENTITY,
  batch_input_too_large: HttpStatus.UNPROCESSABLE_ENTITY,
};

/** The HTTP status of an error of the catalogue. */
export function statusOf(code: ErrorCode, request: { readonly hasPrecondition: boolean }): number {
  // The same fact under two names: with `If-Match` the client's own precondition failed, without it nobody stated one.
  if (code === 'job_changed_meanwhile' && request.hasPrecondition) return HttpStatus.PRECONDITION_FAILED;
  return STATUS_OF_CODE[code] ?? HTTP_STATUS[ERRORS[code].kind];
}

/** The code that a client is told for what a handler threw: what is not in the catalogue, or internal, stays with us. */
export const codeShown = (thrown: unknown): ErrorCode =>
  isTidemarkError(thrown) && thrown.spec.kind !== 'internal' ? thrown.code : 'internal_fault';
