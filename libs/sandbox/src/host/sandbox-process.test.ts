import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { TidemarkError, type BundleManifest } from '@tidemark/domain';
import {
  assembleBlock,
  ColdState,
  InMemoryColdStore,
  keySlot,
  type BlockHeader,
  type GraphInput,
} from '@tidemark/engine';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from '../frames.js';
import { replySchema } from '../messages.js';
import type { Launched } from '../os/launcher.js';
import { ProcessGraph } from './sandboxed-graph.js';
import { SandboxProcess } from './sandbox-process.js';
import { sourcePlaces } from './source-places.js';

/** A process in the hands of an attacker: it answers whatever the test wants, and cannot refuse to be killed. */
class TakenOver implements Launched {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly pid = Promise.resolve(0);
  killed = false;
  readonly child: ChildProcess;
  private readonly reader = new FrameReader();

  constructor(answer: (say: TakenOver['say'], asked: unknown) => void, isReady = true) {
    const child = Object.assign(new EventEmitter(), {
      pid: 0,
      exitCode: null,
      signalCode: null,
      kill: () => {
        this.killed = true;
        return true;
      },
    });
    this.child = child as unknown as ChildProcess;
    this.stdin.on('data', (bytes: Buffer) => {
      for (const { header } of this.reader.push(bytes)) answer(this.say, (header as { readonly type?: unknown }).type);
    });
    if (isReady) this.say({ type: 'ready', precompiled: true });
  }

  readonly say = (header: object, body: string | Buffer = ''): void => {
    for (const piece of encodeFrame(header, [Buffer.from(body)])) this.stdout.write(piece);
  };

  exit(code: number): void {
    this.child.emit('close', code, null);
  }
}

const manifest: BundleManifest = {
  definition: 1,
  name: 'test',
  batchIntervalMs: 1_000,
  poison: 'fail',
  nodes: [
    { id: 0, kind: 'source', uid: 'in', inputs: [], connector: 'files', options: {}, at: '' },
    { id: 1, kind: 'sink', uid: 'out', inputs: [0], connector: 'log', options: {}, at: '' },
  ],
  shapes: {
    counts: {
      kind: 'updateStateByKey',
      key: 'json',
      value: 'json',
      codec: { name: 'json', version: 1 },
      parameters: {},
    },
  },
};

async function graphThat(answer: (say: TakenOver['say'], asked: unknown) => void, cold?: ColdState) {
  const attacker = new TakenOver(answer);
  const process = await SandboxProcess.start({ launch: () => attacker });
  const limits = { memoryMb: 1, cpuMsPerBatch: 100 };
  const log: string[] = [];
  const onLog = (line: string): void => void log.push(line);
  const job = { id: 'job', manifest, places: sourcePlaces(undefined), limits, onLog, cold };
  const graph = new ProcessGraph(process, job);
  return { attacker, graph, log };
}

const batch: GraphInput = {
  timeline: 1,
  batchId: 7,
  batchTimeMs: 7_000,
  sources: [
    {
      uid: 'in',
      chunks: [{ partition: 'p', range: { from: 0, to: 4 }, offsetUnit: 'bytes', bytes: Buffer.from('1\n2\n') }],
    },
  ],
};
const done = {
  type: 'done',
  sinks: [{ uid: 'out', rows: 1, bytes: 2 }],
  recordsIn: 2,
  recordsSkipped: 0,
  skipped: [],
  stateKeys: [{ uid: 'counts', keys: 1 }],
  counts: [],
  log: [],
};

const loadedWith = (options: object): object => ({
  type: 'loaded',
  manifest: { ...manifest, nodes: manifest.nodes.map((node) => ({ ...node, options })) },
});

it('a manifest is taken only if a database can keep it', () => {
  const taken = (options: object): boolean => replySchema.safeParse(loadedWith(options)).success;
  expect(taken({ path: 'in' })).toBe(true);
  expect(taken({ path: '\0' })).toBe(false);
  expect(taken({ deep: [{ '\ud800': 1 }] })).toBe(false);
});

describe('a sandbox that is not ready yet', () => {
  it('can be ended by whoever has launched it', async () => {
    const silent = new TakenOver(() => undefined, false);
    const launched: SandboxProcess[] = [];
    const starting = SandboxProcess.start({ launch: () => silent }, (process) => launched.push(process));
    launched[0]?.kill();

    await expect(starting).rejects.toMatchObject({ code: 'sandbox_lost' });
    expect(silent.killed).toBe(true);
  });
});

describe('S16 a batch is refused and the process killed when it', () => {
  it.each<[string, object, string?]>([
    ['answers in no known way', { type: 'hello' }],
    ['answers with a list', [1]],
    [
      'answers with JSON without end',
      loadedWith({ deep: JSON.parse('['.repeat(4_000) + ']'.repeat(4_000)) as unknown }),
    ],
    ['answers another question', { type: 'restored', rows: 1 }],
    ['adds a member', { ...done, tenant: 'tnt_other' }],
    ['names a sink of another job', { ...done, sinks: [{ uid: 'other', rows: 1, bytes: 2 }] }],
    ['names a sink twice', { ...done, sinks: [...done.sinks, { uid: 'out', rows: 1, bytes: 0 }] }],
    ['claims bytes that it did not send', { ...done, sinks: [{ uid: 'out', rows: 1, bytes: 3 }] }],
    ['sends bytes that it did not claim', done, '1\n2\n'],
    ['claims a negative length', { ...done, sinks: [{ uid: 'out', rows: 1, bytes: -2 }] }],
    ['claims more rows than it sends', { ...done, sinks: [{ uid: 'out', rows: 2, bytes: 2 }] }],
    ['sends more rows than it claims', { ...done, sinks: [{ uid: 'out', rows: 1, bytes: 4 }] }, '1\n2\n'],
    ['sends a row without an end', { ...done, sinks: [{ uid: 'out', rows: 1, bytes: 2 }] }, '11'],
    ['counts more records than there are', { ...done, recordsIn: 5 }],
    ['counts half a record', { ...done, recordsIn: 0.5 }],
    ['skips more than it reads', { ...done, recordsSkipped: 3 }],
    ['skips a record that is not there', { ...done, skipped: [{ source: 'in', line: 2, reason: 'x' }] }],
    ['skips a record of another source', { ...done, skipped: [{ source: 'other', line: 0, reason: 'x' }] }],
    [
      'sets a record aside where that is not the policy',
      { ...done, setAside: [{ source: 'in', line: 0, reason: 'x' }] },
    ],
    ['has state of another operator', { ...done, stateKeys: [{ uid: 'constructor', keys: 1 }] }],
    [
      'fails on a record that is not there',
      {
        type: 'failed',
        failure: { code: 'record_unreadable', record: { source: 'in', line: 9 }, reason: '' },
        log: [],
      },
    ],
    ['fails with an error of its own', { type: 'failed', failure: { code: 'epoch_fenced' }, log: [] }],
    ['writes a log without end', { ...done, log: new Array(1_000).fill('x') }],
  ])('%s', async (_name, header, body = '1\n') => {
    const { attacker, graph } = await graphThat((say) => {
      say(header, body);
    });
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
    expect(attacker.killed).toBe(true);
    expect(await graph.lost).toMatchObject({ code: 'sandbox_spoke_nonsense' });
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
  });

  it('speaks without being asked', async () => {
    const { attacker, graph } = await graphThat(() => undefined);
    attacker.say(done, '1\n');
    expect(await graph.lost).toMatchObject({ code: 'sandbox_spoke_nonsense' });
    expect(attacker.killed).toBe(true);
  });

  it('answers twice', async () => {
    const { graph } = await graphThat((say) => {
      say(done, '1\n');
      say(done, '1\n');
    });
    await graph.run(batch).catch(() => undefined);
    expect(await graph.lost).toMatchObject({ code: 'sandbox_spoke_nonsense' });
  });

  it('sends bytes that are no frame', async () => {
    const { attacker, graph } = await graphThat(() => {
      attacker.stdout.write(Buffer.alloc(100, 0xff));
    });
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
  });
});

describe('S11 state is refused and the process killed when', () => {
  interface Row {
    readonly key: string;
    readonly slot?: number;
  }
  const header = (keyBytes: number, rows: number): BlockHeader => ({
    table: 'state',
    clear: true,
    rows,
    columns: [],
    keyBytes,
    jsonBytes: [],
    deleted: 0,
    deletedKeyBytes: 0,
  });

  function aBlock({ key, slot = keySlot(key) }: Row, rows = 1): Buffer {
    const bytes = Buffer.from(key);
    const none = new Uint8Array(0);
    const sections = [Uint8Array.of(slot), Uint32Array.of(bytes.length), bytes, none, none, none];
    return Buffer.from(assembleBlock(header(bytes.length, rows), sections));
  }
  const answers = (uid: string, rows: number, block: Buffer) =>
    graphThat((say, asked) => {
      say(asked === 'snapshot' ? { type: 'frozen' } : { type: 'block', uid, rows, deleted: 0 }, block);
    });

  it.each([
    ['it is of an operator of another job', 'other', 1, aBlock({ key: '"a"' })],
    ['a key lies in the wrong slot', 'counts', 1, aBlock({ key: '"a"', slot: (keySlot('"a"') + 1) % 128 })],
    ['rows are missing', 'counts', 2, aBlock({ key: '"a"' })],
    ['it counts rows that are not there', 'counts', 2, aBlock({ key: '"a"' }, 2)],
    ['it ends too early', 'counts', 1, aBlock({ key: '"a"' }).subarray(0, -8)],
    ['something is behind it', 'counts', 1, Buffer.concat([aBlock({ key: '"a"' }), Buffer.alloc(8)])],
    ['it is no block at all', 'counts', 0, Buffer.from('[]')],
    ['there is more than fits into its memory', 'counts', 1, aBlock({ key: `"${'x'.repeat(5_000_000)}"` })],
  ])('%s', async (_name, uid, rows, block) => {
    const { attacker, graph } = await answers(uid, rows, block);
    const snapshot = await graph.snapshot('full');
    await expect(snapshot.next()).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
    expect(attacker.killed).toBe(true);
  });

  it.each([
    ['leaves with a key that is too long for a store', aBlock({ key: `"${'x'.repeat(1_499)}"` })],
    ['leaves with a key without a byte', aBlock({ key: '' })],
    ['leaves without being a block', Buffer.from('[]')],
  ])('it %s', async (_name, block) => {
    const { attacker, graph } = await graphThat(
      (say, asked) => {
        if (asked === 'run') say(done, '1\n');
        else say({ type: 'block', uid: 'counts', rows: 1, deleted: 0 }, block);
      },
      new ColdState(new InMemoryColdStore(), ['counts']),
    );
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
    expect(attacker.killed).toBe(true);
  });

  it('a batch is run that was only to be looked at', async () => {
    const cold = new ColdState(new InMemoryColdStore(), ['counts']);
    const { attacker, graph } = await graphThat((say, asked) => {
      say(asked === 'look' ? done : { type: 'restored' }, asked === 'look' ? '1\n' : '');
    }, cold);
    await graph.restore('counts', aBlock({ key: '"a"' }));
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_spoke_nonsense' });
    expect(attacker.killed).toBe(true);
  });

  it('is taken when it is right, and so is the row of an operator itself', async () => {
    const block = aBlock({ key: 'null' });
    const { graph } = await answers('counts', 1, block);
    const snapshot = await graph.snapshot('full');
    expect(await snapshot.next()).toMatchObject({ uid: 'counts', rows: 1, deleted: 0 });
  });
});

describe('a sandbox process that ends', () => {
  it('by itself, is told apart from one that was killed by its owner', async () => {
    const { attacker, graph } = await graphThat(() => {
      attacker.exit(139);
    });
    await expect(graph.run(batch)).rejects.toMatchObject({ code: 'sandbox_lost', params: { reason: 'code 139' } });
    expect(await graph.lost).toBeInstanceOf(TidemarkError);
  });

  it('saying that it has no memory left, is over its memory', async () => {
    const { attacker, graph } = await graphThat(() => {
      attacker.stderr.write('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory');
      setImmediate(() => {
        attacker.exit(134);
      });
    });
    await expect(graph.run(batch)).rejects.toMatchObject({
      code: 'job_over_memory',
      params: { limitMb: 1, batchId: 7 },
    });
  });

  it('does not, is killed after twice its deadline', async () => {
    const { attacker, graph } = await graphThat(() => undefined);
    await expect(graph.run(batch)).rejects.toMatchObject({
      code: 'job_over_cpu',
      params: { limitMs: 100, batchId: 7 },
    });
    expect(attacker.killed).toBe(true);
  });

  it('because its owner kills it, is not lost', async () => {
    const { attacker, graph } = await graphThat(() => undefined);
    const running = graph.run(batch);
    graph.kill();
    graph.kill();
    attacker.exit(137);
    await expect(running).rejects.toMatchObject({ code: 'sandbox_lost', params: { reason: 'it was stopped' } });
    const lost = await Promise.race([graph.lost, Promise.resolve('not lost')]);
    expect(lost).toBe('not lost');
  });
});

it('S9 what a job logs and throws cannot forge a line or command a terminal', async () => {
  const { graph, log } = await graphThat((say) => {
    const failure = {
      code: 'job_code_threw',
      operator: { kind: 'map', at: 'bundle.js:1:1' },
      reason: 'x\r\n2026-01-01 admin logged in\u001b[2J',
    };
    say({ type: 'failed', failure, log: ['a\nb\u001b[31m'] });
  });
  const error = await graph.run(batch).then(
    () => undefined,
    (reason: unknown) => reason as TidemarkError<'job_code_threw'>,
  );
  expect(error?.message).not.toMatch(/[\u0000-\u001f]/);
  expect(log).toEqual(['a\\nb\\u001b[31m']);
});
