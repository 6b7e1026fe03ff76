import { readFileSync } from 'node:fs';

/** Resident memory in bytes; undefined if there is no such process, or no /proc. */
export function residentBytes(pid: number): number | undefined {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

export const canReadMemoryOf = (pid: number): boolean => residentBytes(pid) !== undefined;
