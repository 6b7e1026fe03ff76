import { TidemarkError } from '@tidemark/domain';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { statusOf } from './error-status.js';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem.js';

const PROBLEMS: { readonly [code: string]: string } = {
  FST_ERR_BAD_URL: 'holds a % that two hexadecimal digits do not follow, or bytes that are no UTF-8',
  FST_ERR_MAX_PARAM_LENGTH: 'has a part that is longer than any id',
};

/** Answers what Fastify refuses before there is a route, and so before any filter of ours. The path is not repeated. */
export function refuseUrl(refused: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  const problem = PROBLEMS[refused.code] ?? 'cannot be read';
  const error = new TidemarkError('validation_failed', { problems: [{ field: 'path', problem }] });
  const status = statusOf(error.code, { hasPrecondition: false });
  void reply
    .status(status)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(problemOf(error, status, '/'))));
}
