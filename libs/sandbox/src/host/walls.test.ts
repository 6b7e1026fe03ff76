import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sandboxFiles } from '../os/files.js';
import { Launcher } from '../os/launcher.js';
import { aMapJob, openSandbox } from '../testing/open-sandbox.js';
import type { SandboxHost } from './sandbox-host.js';

const WALLS = [
  'S1 read a file of the host',
  'S1 read /etc/passwd',
  'S2 find anything in the environment',
  'S2 read the environment of the process outside',
  'S3 start a shell',
  'S3 start another Node',
  'S4 connect to loopback',
  'S4 send a datagram',
  'S5 write a file',
  'S5 list the programs of the host',
  'S13 signal the process outside',
];
const INSIDE = [
  'S6 run for ever',
  'S6 eat memory',
  'S8 reach process by a constructor',
  'S8 reach require',
  'S8 reach a way out by an error',
  'S8 reach the guest',
  'S12 compile WebAssembly',
  'S14 share memory',
  'S14 wait on memory',
  'S14 read the clock',
  'S14 read a timer',
];

const opened: SandboxHost[] = [];

async function open(options: Parameters<typeof openSandbox>[0] = {}): Promise<SandboxHost> {
  const host = await openSandbox(options);
  opened.push(host);
  return host;
}

afterAll(() => Promise.all(opened.map((host) => host.close())));

describe('the walls around a process that has broken out of its isolate', () => {
  let host: SandboxHost;

  beforeAll(async () => {
    host = await open();
  }, 30_000);

  it.for(WALLS)('deny it to %s', (name, { skip }) => {
    const absent = host.status.layers.find((layer) => layer.name === 'namespaces' && !layer.present);
    if (absent !== undefined) {
      console.warn(`NOT TESTED, because this machine cannot: "${name}". ${absent.detail}`);
      skip(absent.detail);
    }
    expect(host.status.attacks.find((attack) => attack.name === name)).toMatchObject({ denied: true });
  });

  it.each(INSIDE)('are not even reached by code that wants to %s', (name) => {
    expect(host.status.attacks.find((attack) => attack.name === name)).toMatchObject({ denied: true });
  });

  it('are all tried', () => {
    expect(host.status.attacks.map(({ name }) => name).sort()).toEqual([...WALLS, ...INSIDE].sort());
  });
});

describe('S20 a machine without bubblewrap', () => {
  const findProgram = (): undefined => undefined;

  it("does not run tenants' code where every wall is required, and says what is missing", async () => {
    await expect(open({ mode: 'required', findProgram })).rejects.toMatchObject({
      code: 'sandbox_unsafe',
      params: {
        missing: expect.arrayContaining([
          'namespaces (bubblewrap (bwrap) is not installed)',
          'seccomp (bubblewrap (bwrap) is not installed)',
          'rlimits (prlimit (util-linux) is not installed)',
          'S1 read a file of the host',
        ]) as string[],
      },
    });
  });

  it('runs it in mode "auto", and says in the log and the status what is missing', async () => {
    const log: string[] = [];
    const host = await open({ findProgram, log: (line) => log.push(line) });
    expect(host.status.missing.length).toBeGreaterThan(3);
    expect(log).toHaveLength(host.status.missing.length);
    const graph = await host.start({
      id: 'job_1',
      ...(await aMapJob('(r) => typeof process')),
      limits: { memoryMb: 64, cpuMsPerBatch: 1_000 },
    });
    const bytes = Buffer.from('1\n');
    const chunks = [{ partition: 'p', range: { from: 0, to: 2 }, offsetUnit: 'bytes' as const, bytes }];
    const { sinks } = await graph.run({
      timeline: 1,
      batchId: 1,
      batchTimeMs: 1_000,
      sources: [{ uid: 'in', chunks }],
    });
    expect(Buffer.from(sinks.get('out')?.bytes ?? []).toString()).toBe('"undefined"\n');
  });

  it('finds out that a bubblewrap that is there does not work', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-bwrap-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const broken = join(folder, 'bwrap');
    await writeFile(broken, '#!/bin/sh\necho "bwrap: No permissions to create a new namespace" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const { layers } = await Launcher.find(sandboxFiles(), (name) => (name === 'bwrap' ? broken : undefined));
    expect(layers.find(({ name }) => name === 'namespaces')).toEqual({
      name: 'namespaces',
      present: false,
      detail: 'bubblewrap does not work here: bwrap: No permissions to create a new namespace',
    });
  });
});

it.each([
  ['with what walls there are', undefined],
  ['without walls', () => undefined],
])('a sandbox process ends when whoever started it is gone, %s', async (_name, findProgram) => {
  await open();
  const { child, stdin, stdout } = (await Launcher.find(sandboxFiles(), findProgram)).launch('child');
  const ended = new Promise((resolve) => child.on('close', resolve));
  stdout.once('data', () => stdin.end());
  expect(await ended).toBe(0);
});
