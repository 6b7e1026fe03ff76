import { describe, expect, it } from 'vitest';
import { seccompFilter } from './seccomp.js';

/** What the kernel does with a program of the few instructions that the filter uses. */
function judge(
  program: Buffer,
  call: { readonly arch: number; readonly number: number; readonly flags?: number },
): string {
  const data = new Map([
    [0, call.number],
    [4, call.arch],
    [16, call.flags ?? 0],
  ]);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const k = program.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean): number => program.readUInt8(at * 8 + (holds ? 2 : 3));
    if (code === 0x20) accumulator = data.get(k) ?? 0;
    else if (code === 0x15) at += jump(accumulator === k);
    else if (code === 0x35) at += jump(accumulator >= k);
    else if (code === 0x45) at += jump((accumulator & k) !== 0);
    else if (code === 0x06)
      return { 0x7fff0000: 'allow', 0x80000000: 'kill', 0x50001: 'EPERM', 0x50026: 'ENOSYS' }[k] ?? String(k);
    else throw new Error(`instruction ${code}`);
  }
}

const THREAD = 0x00010000;

describe.each([
  [
    'x64',
    0xc000003e,
    { read: 0, execve: 59, socket: 41, fork: 57, ptrace: 101, mount: 165, clone: 56, clone3: 435, io_uring_setup: 425 },
  ],
  [
    'arm64',
    0xc00000b7,
    {
      read: 63,
      execve: 221,
      socket: 198,
      connect: 203,
      ptrace: 117,
      mount: 40,
      clone: 220,
      clone3: 435,
      io_uring_setup: 425,
    },
  ],
])('the system call filter for %s', (name, arch, calls) => {
  const program = seccompFilter(name) ?? Buffer.alloc(0);
  const { read, execve, clone, clone3, ...denied } = calls as Record<string, number>;

  it('allows what Node needs', () => {
    for (const number of [read, execve]) expect(judge(program, { arch, number: number ?? -1 })).toBe('allow');
  });

  it.each(Object.entries(denied))('denies %s', (_call, number) => {
    expect(judge(program, { arch, number })).toBe('EPERM');
  });

  it('allows a thread and denies a process', () => {
    expect(judge(program, { arch, number: clone ?? -1, flags: THREAD })).toBe('allow');
    expect(judge(program, { arch, number: clone ?? -1 })).toBe('EPERM');
    expect(judge(program, { arch, number: clone3 ?? -1, flags: THREAD })).toBe('ENOSYS');
  });

  it('kills what calls in the way of another architecture', () => {
    expect(judge(program, { arch: 0x40000003, number: read ?? -1 })).toBe('kill');
  });
});

it('denies the second set of numbers that an x64 kernel has', () => {
  const program = seccompFilter('x64') ?? Buffer.alloc(0);
  expect(judge(program, { arch: 0xc000003e, number: 0x40000000 })).toBe('EPERM');
});

it('has nothing for an architecture that it does not know', () => {
  expect(seccompFilter('riscv64')).toBeUndefined();
});
