import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TENANT } from './home.js';
import { writeAtomically } from './write-atomically.js';

const keysFile = z.object({ adminKey: z.string(), tenant: z.object({ name: z.string() }), tenantKey: z.string() });
export type Keys = z.infer<typeof keysFile>;

/** The instance's own keys, made once. The api reads the same file and makes sure that they are known. */
export async function ensureKeys(path: string): Promise<Keys> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (text !== undefined) return keysFile.parse(JSON.parse(text));
  const keys = { adminKey: newKey('admin'), tenant: { name: TENANT }, tenantKey: newKey('tenant') };
  await writeAtomically(path, `${JSON.stringify(keys, null, 2)}\n`);
  return keys;
}

/** 160 random bits, and a prefix by which a leaked key is recognised. */
const newKey = (role: 'admin' | 'tenant'): string => `tdm_local_${role}_${randomBytes(20).toString('base64url')}`;
