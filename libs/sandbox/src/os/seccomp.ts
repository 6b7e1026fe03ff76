/**
 * A filter for system calls as a classic BPF program, the form that `bwrap --seccomp` takes: what Node needs stays
 * allowed; starting processes, opening sockets, looking into other processes and changing namespaces fail with EPERM.
 *
 * `execve` stays allowed because bubblewrap installs the filter before it becomes Node. There is nothing else to become.
 */
export function seccompFilter(arch: string): Buffer | undefined {
  const table = TABLES[arch];
  return table === undefined ? undefined : assemble(table);
}

interface SyscallTable {
  /** The kernel's AUDIT_ARCH of this architecture. */
  readonly auditArch: number;
  /** Calls from here on belong to another ABI (x32) with other numbers. */
  readonly foreignFrom: number | undefined;
  readonly clone: number;
  readonly clone3: number;
  readonly denied: readonly number[];
}

/** Same number on every architecture: calls added since Linux 5.1. */
const DENIED_EVERYWHERE = [
  424, // pidfd_send_signal
  ...[425, 426, 427], // io_uring_setup, _enter, _register
  ...[428, 429, 430, 431, 432, 433], // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick
  ...[434, 438], // pidfd_open, pidfd_getfd
  440, // process_madvise
  442, // mount_setattr
  447, // memfd_secret
];

const TABLES: { readonly [arch: string]: SyscallTable } = {
  x64: {
    auditArch: 0xc000003e,
    foreignFrom: 0x40000000,
    clone: 56,
    clone3: 435,
    denied: [
      ...[57, 58, 322], // fork, vfork, execveat
      ...[41, 42, 43, 49, 50, 288], // socket, connect, accept, bind, listen, accept4
      ...[101, 310, 311, 312], // ptrace, process_vm_readv, process_vm_writev, kcmp
      ...[298, 300, 321, 323], // perf_event_open, fanotify_init, bpf, userfaultfd
      ...[248, 249, 250], // add_key, request_key, keyctl
      ...[155, 161, 165, 166, 272, 308], // pivot_root, chroot, mount, umount2, unshare, setns
      ...[303, 304, 319], // name_to_handle_at, open_by_handle_at, memfd_create
      ...[133, 259], // mknod, mknodat
      ...[134, 135, 154, 172, 173], // uselib, personality, modify_ldt, iopl, ioperm
      ...[103, 163, 167, 168, 169, 179, 180, 212], // syslog, acct, swapon, swapoff, reboot, quotactl, nfsservctl, lookup_dcookie
      ...[159, 164, 227, 305], // adjtimex, settimeofday, clock_settime, clock_adjtime
      ...[170, 171], // sethostname, setdomainname
      ...[175, 176, 246, 313, 320], // init_module, delete_module, kexec_load, finit_module, kexec_file_load
      279, // move_pages
      ...DENIED_EVERYWHERE,
    ],
  },
  arm64: {
    auditArch: 0xc00000b7,
    foreignFrom: undefined,
    clone: 220,
    clone3: 435,
    denied: [
      281, // execveat; there is no fork or vfork
      ...[198, 200, 201, 202, 203, 242], // socket, bind, listen, accept, connect, accept4
      ...[117, 270, 271, 272], // ptrace, process_vm_readv, process_vm_writev, kcmp
      ...[241, 262, 280, 282], // perf_event_open, fanotify_init, bpf, userfaultfd
      ...[217, 218, 219], // add_key, request_key, keyctl
      ...[39, 40, 41, 51, 97, 268], // umount2, mount, pivot_root, chroot, unshare, setns
      ...[264, 265, 279], // name_to_handle_at, open_by_handle_at, memfd_create
      ...[33, 92], // mknodat, personality
      ...[18, 42, 60, 89, 116, 142, 224, 225], // lookup_dcookie, nfsservctl, quotactl, acct, syslog, reboot, swapon, swapoff
      ...[112, 170, 171, 266], // clock_settime, settimeofday, adjtimex, clock_adjtime
      ...[161, 162], // sethostname, setdomainname
      ...[104, 105, 106, 273, 294], // kexec_load, init_module, delete_module, finit_module, kexec_file_load
      239, // move_pages
      ...DENIED_EVERYWHERE,
    ],
  },
};

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const fail = (errno: number): number => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;

/** Offsets in `struct seccomp_data`: the call's number, the architecture, the low word of its first argument. */
const NUMBER_AT = 0;
const ARCH_AT = 4;
const FIRST_ARGUMENT_AT = 16;
const CLONE_THREAD = 0x00010000;

interface Instruction {
  readonly code: number;
  readonly k: number;
  /** How many instructions to pass over if the condition holds, and if it does not. */
  readonly jt?: number;
  readonly jf?: number;
}

function assemble({ auditArch, foreignFrom, clone, clone3, denied }: SyscallTable): Buffer {
  const answer = (value: number): Instruction => ({ code: RETURN, k: value });
  const program: Instruction[] = [
    { code: LOAD_WORD, k: ARCH_AT },
    { code: JUMP_EQUAL, k: auditArch, jt: 1 },
    answer(KILL_PROCESS),
    { code: LOAD_WORD, k: NUMBER_AT },
    ...(foreignFrom === undefined ? [] : [{ code: JUMP_GREATER_OR_EQUAL, k: foreignFrom, jf: 1 }, answer(fail(EPERM))]),
    // The C library falls back to clone, whose flags a filter can see; those of clone3 lie in memory.
    { code: JUMP_EQUAL, k: clone3, jf: 1 },
    answer(fail(ENOSYS)),
    ...denied.flatMap((number) => [{ code: JUMP_EQUAL, k: number, jf: 1 }, answer(fail(EPERM))]),
    { code: JUMP_EQUAL, k: clone, jt: 1 },
    answer(ALLOW),
    { code: LOAD_WORD, k: FIRST_ARGUMENT_AT },
    { code: JUMP_ANY_BIT, k: CLONE_THREAD, jf: 1 },
    answer(ALLOW),
    answer(fail(EPERM)),
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, k, jt = 0, jf = 0 }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  });
  return bytes;
}
