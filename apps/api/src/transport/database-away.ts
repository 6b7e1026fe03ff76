/** Of Node's sockets. */
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Classes of SQLSTATE: 08 connection exceptions, 57P a server that shuts down or is starting, 53300 no connection free. */
const SERVER_STATES = /^(08...|57P..|53300)$/;
/** What the driver says without a code of either kind. */
const DRIVER_SENTENCES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** What TypeORM says of the next statement of a transaction whose session is gone. */
const SESSION_GONE = new Set(['QueryRunnerAlreadyReleasedError', 'QueryRunnerProviderAlreadyReleasedError']);

/** Whether something failed for no other reason than that Postgres could not be asked, or went away meanwhile. */
export function isDatabaseAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof AggregateError && thrown.errors.some(isDatabaseAway)) return true;
  if (SESSION_GONE.has(thrown.name)) return true;
  const code = 'code' in thrown ? String(thrown.code) : '';
  return CONNECTION_CODES.has(code) || SERVER_STATES.test(code) || DRIVER_SENTENCES.test(thrown.message);
}
