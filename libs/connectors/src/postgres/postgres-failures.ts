import { isTidemarkError, TidemarkError } from '@tidemark/domain';

/** What the database says about itself and not about the rows: connection, shutdown, resources, time limits, conflicts. */
const UNAVAILABLE = /^(08|53|57|58|28|3D|XX|40|55|25P)/;

/** Whether doing the same again may succeed, and a connection that saw this must not be used again. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined ? error instanceof Error : UNAVAILABLE.test(state);
}

/**
 * `sink_unavailable` or `sink_refused`. Of a connection's failure only its code is told: the messages of driver and
 * server name hosts and users, and belong to whoever set the connection up.
 */
export function asSinkError(uid: string, connection: string, error: unknown): TidemarkError {
  if (isTidemarkError(error)) return error;
  if (isUnavailable(error)) {
    const reason = `connection "${connection}" failed (${sqlState(error) ?? nodeCode(error)})`;
    return new TidemarkError('sink_unavailable', { sink: uid, reason });
  }
  const said = error instanceof Error ? error.message : String(error);
  return new TidemarkError('sink_refused', { sink: uid, reason: `${said} (SQLSTATE ${sqlState(error) ?? 'unknown'})` });
}

function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function nodeCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'connection ended';
}
