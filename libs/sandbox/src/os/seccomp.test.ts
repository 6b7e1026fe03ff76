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

/**
 * Every call that is denied, with its numbers as the kernel publishes them: asm/unistd_64.h, and asm-generic/unistd.h for
 * arm64, which has not all of them.
 */
const DENIED: { readonly [call: string]: { readonly x64: number; readonly arm64?: number } } = {
  // starting processes
  fork: { x64: 57 },
  vfork: { x64: 58 },
  execveat: { x64: 322, arm64: 281 },
  // sockets
  socket: { x64: 41, arm64: 198 },
  connect: { x64: 42, arm64: 203 },
  accept: { x64: 43, arm64: 202 },
  accept4: { x64: 288, arm64: 242 },
  bind: { x64: 49, arm64: 200 },
  listen: { x64: 50, arm64: 201 },
  // looking into other processes
  ptrace: { x64: 101, arm64: 117 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  kcmp: { x64: 312, arm64: 272 },
  process_madvise: { x64: 440, arm64: 440 },
  move_pages: { x64: 279, arm64: 239 },
  pidfd_open: { x64: 434, arm64: 434 },
  pidfd_getfd: { x64: 438, arm64: 438 },
  pidfd_send_signal: { x64: 424, arm64: 424 },
  // large parts of the kernel
  perf_event_open: { x64: 298, arm64: 241 },
  bpf: { x64: 321, arm64: 280 },
  userfaultfd: { x64: 323, arm64: 282 },
  fanotify_init: { x64: 300, arm64: 262 },
  io_uring_setup: { x64: 425, arm64: 425 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
  // keys
  add_key: { x64: 248, arm64: 217 },
  request_key: { x64: 249, arm64: 218 },
  keyctl: { x64: 250, arm64: 219 },
  // namespaces and mounts
  unshare: { x64: 272, arm64: 97 },
  setns: { x64: 308, arm64: 268 },
  chroot: { x64: 161, arm64: 51 },
  pivot_root: { x64: 155, arm64: 41 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  mount_setattr: { x64: 442, arm64: 442 },
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  fsopen: { x64: 430, arm64: 430 },
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  fspick: { x64: 433, arm64: 433 },
  // files without a path
  name_to_handle_at: { x64: 303, arm64: 264 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  memfd_create: { x64: 319, arm64: 279 },
  memfd_secret: { x64: 447, arm64: 447 },
  // devices and old ABIs
  mknod: { x64: 133 },
  mknodat: { x64: 259, arm64: 33 },
  uselib: { x64: 134 },
  personality: { x64: 135, arm64: 92 },
  modify_ldt: { x64: 154 },
  iopl: { x64: 172 },
  ioperm: { x64: 173 },
  // the machine
  syslog: { x64: 103, arm64: 116 },
  acct: { x64: 163, arm64: 89 },
  swapon: { x64: 167, arm64: 224 },
  swapoff: { x64: 168, arm64: 225 },
  reboot: { x64: 169, arm64: 142 },
  quotactl: { x64: 179, arm64: 60 },
  nfsservctl: { x64: 180, arm64: 42 },
  lookup_dcookie: { x64: 212, arm64: 18 },
  sethostname: { x64: 170, arm64: 161 },
  setdomainname: { x64: 171, arm64: 162 },
  // clocks
  adjtimex: { x64: 159, arm64: 171 },
  settimeofday: { x64: 164, arm64: 170 },
  clock_settime: { x64: 227, arm64: 112 },
  clock_adjtime: { x64: 305, arm64: 266 },
  // kernel code
  init_module: { x64: 175, arm64: 105 },
  finit_module: { x64: 313, arm64: 273 },
  delete_module: { x64: 176, arm64: 106 },
  kexec_load: { x64: 246, arm64: 104 },
  kexec_file_load: { x64: 320, arm64: 294 },
};

/** Above all calls that there are, and below those of another ABI. */
const NUMBERS_MAX = 1_000;
const THREAD = 0x00010000;

describe.each([
  ['x64', 0xc000003e, { read: 0, execve: 59, clone: 56, clone3: 435 }],
  ['arm64', 0xc00000b7, { read: 63, execve: 221, clone: 220, clone3: 435 }],
] as const)('the system call filter for %s', (name, arch, { read, execve, clone, clone3 }) => {
  const program = seccompFilter(name) ?? Buffer.alloc(0);
  const denied = Object.entries(DENIED).flatMap(([call, { [name]: number }]) =>
    number === undefined ? [] : [[call, number] as const],
  );

  it('allows what Node needs', () => {
    for (const number of [read, execve]) expect(judge(program, { arch, number })).toBe('allow');
  });

  it.each(denied)('denies %s', (_call, number) => {
    expect(judge(program, { arch, number })).toBe('EPERM');
  });

  it('denies nothing else', () => {
    const numbers = Array.from({ length: NUMBERS_MAX }, (_, number) => number);
    const found = numbers.filter((number) => judge(program, { arch, number, flags: THREAD }) === 'EPERM');
    expect(found).toEqual(denied.map(([, number]) => number).sort((a, b) => a - b));
  });

  it('allows a thread and denies a process', () => {
    expect(judge(program, { arch, number: clone, flags: THREAD })).toBe('allow');
    expect(judge(program, { arch, number: clone })).toBe('EPERM');
    expect(judge(program, { arch, number: clone3, flags: THREAD })).toBe('ENOSYS');
  });

  it('kills what calls in the way of another architecture', () => {
    expect(judge(program, { arch: 0x40000003, number: read })).toBe('kill');
  });
});

it('denies the second set of numbers that an x64 kernel has', () => {
  const program = seccompFilter('x64') ?? Buffer.alloc(0);
  expect(judge(program, { arch: 0xc000003e, number: 0x40000000 })).toBe('EPERM');
});

it('has nothing for an architecture that it does not know', () => {
  expect(seccompFilter('riscv64')).toBeUndefined();
});
