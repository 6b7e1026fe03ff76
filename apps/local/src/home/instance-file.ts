import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { identityOf } from './process-identity.js';
import { writeAtomically } from './write-atomically.js';

const instanceFile = z.object({
  apiUrl: z.string(),
  /** There is no gRPC door yet. */
  grpcUrl: z.null(),
  adminKey: z.string(),
  tenantKey: z.string(),
  processes: z.array(z.object({ role: z.string(), id: z.string(), pid: z.int() })),
});

/** What a running instance tells other programs on this machine. Holds keys: readable by its owner only. */
export type Instance = z.infer<typeof instanceFile>;

export const writeInstance = (path: string, instance: Instance): Promise<void> =>
  writeAtomically(path, `${JSON.stringify(instance, null, 2)}\n`);

export const removeInstance = (path: string): Promise<void> => rm(path, { force: true });

/** The instance that runs here now; undefined if there is none, also when a killed one has left its file. */
export async function readRunningInstance(path: string): Promise<Instance | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = instanceFile.safeParse(JSON.parse(text));
  const supervisor = parsed.data?.processes.find(({ role }) => role === 'supervisor');
  if (supervisor === undefined || (await identityOf(supervisor.pid)) !== supervisor.id) return undefined;
  return parsed.data;
}
