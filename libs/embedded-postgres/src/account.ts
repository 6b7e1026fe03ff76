import { readFile } from 'node:fs/promises';

/** The account that Postgres runs under. `undefined`: the one of this process. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

/** Postgres refuses to run as root; `nobody` is the one unprivileged account that every machine has. */
export async function accountForPostgres(): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const entry = passwd.split('\n').find((line) => line.startsWith('nobody:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

/** Options of `spawn` for the account. The working directory of this process may be closed to it. */
export const spawnAs = (account: Account): { cwd: string; uid?: number; gid?: number } => ({
  cwd: process.platform === 'win32' ? process.cwd() : '/',
  ...account,
});
