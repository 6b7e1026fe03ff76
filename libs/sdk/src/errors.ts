import type { Job, Problem } from '@tidemark/contracts';

/** The service refused a request or could not do it. `code` is stable; the message is a sentence for people. */
export class TidemarkApiError extends Error {
  override readonly name = 'TidemarkApiError';
  /** HTTP status. */
  readonly status: number;
  /** Name of the error in the service's catalogue; `unknown` if something in between answered. */
  readonly code: string;
  /** The whole problem document, with the error's parameters. */
  readonly problem: Problem & { readonly [parameter: string]: unknown };

  constructor(problem: Problem) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.problem = problem;
  }
}

/** The service could not be reached, or did not answer in time. Whether it did what was asked is not known. */
export class TidemarkConnectionError extends Error {
  override readonly name = 'TidemarkConnectionError';

  constructor(url: string, cause: unknown) {
    super(`${new URL(url).origin} cannot be reached: ${reasonOf(cause)}.`, { cause });
  }
}

/** A job did not become what was waited for in time. */
export class TidemarkTimeoutError extends Error {
  override readonly name = 'TidemarkTimeoutError';

  constructor(
    /** The job as it was seen last. */
    readonly job: Job,
    timeoutMs: number,
  ) {
    const why = job.reason === null ? '' : `: ${job.reason.message}`;
    super(`Job ${job.id} is ${job.status} after ${timeoutMs} ms of waiting${why}`);
  }
}

/** The reason that lies deepest: `fetch` itself only says that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
