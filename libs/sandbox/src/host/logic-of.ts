import { isTidemarkError, type BundleManifest } from '@tidemark/domain';
import { nonsense, type RequestBounds, type SandboxProcess } from './sandbox-process.js';

/** Bounds of tracing a bundle's logic. It is worth waiting for, but no upload fails for the want of it. */
const TRACE_MS = 5_000;
const TRACE_MEMORY_MB = 384;

/**
 * The hashes of what the bundle that a process has loaded does, by uid. Without those that could not be traced; without
 * any if that took too long, or ended the process.
 */
export async function logicOf(
  process: SandboxProcess,
  { nodes }: BundleManifest,
  code: string,
): Promise<NonNullable<BundleManifest['logic']>> {
  const gaveUp = () => nonsense('it did not end tracing a bundle');
  const bounds: RequestBounds = {
    killAfterMs: 2 * TRACE_MS,
    memoryMb: TRACE_MEMORY_MB,
    overDeadline: gaveUp,
    overMemory: gaveUp,
  };
  const request = { type: 'logic', deadlineMs: TRACE_MS } as const;
  try {
    const { reply } = await process.ask(request, [Buffer.from(code, 'utf8')], bounds);
    if (reply.type !== 'logic') return {};
    const uids = new Set(nodes.map(({ uid }) => uid));
    return Object.fromEntries(Object.entries(reply.hashes).filter(([uid]) => uids.has(uid)));
  } catch (error) {
    if (isTidemarkError(error)) return {};
    throw error;
  }
}
