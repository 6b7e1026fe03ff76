import { existsSync, readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import {
  createInProcessGraph,
  InMemoryColdStore,
  readBlock,
  type GraphInput,
  type GraphRuntime,
  type StateBlock,
} from '@tidemark/engine';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aBundle, aCountingJob, aMapJob, aSpillingJob, openSandbox } from '../testing/open-sandbox.js';
import type { JobToStart, SandboxHost, SourceBundle } from './sandbox-host.js';
import type { JobLimits, SandboxedGraph } from './sandboxed-graph.js';

let host: SandboxHost;

beforeAll(async () => {
  host = await openSandbox();
}, 30_000);

afterAll(() => host.close());

const LIMITS: JobLimits = { memoryMb: 64, cpuMsPerBatch: 2_000 };

async function started(
  bundle: SourceBundle,
  limits = LIMITS,
  more: Partial<Pick<JobToStart, 'id' | 'onLog' | 'openColdStore'>> = {},
) {
  const graph = await host.start({ id: 'job_1', ...bundle, limits, ...more });
  onTestFinished(() => {
    graph.kill();
  });
  return graph;
}

function aBatch(batchId: number, text: string, from = 0): GraphInput {
  const bytes = Buffer.from(text);
  const range = { from, to: from + bytes.length };
  const chunks = [{ partition: 'a.jsonl', range, offsetUnit: 'bytes' as const, bytes }];
  return { timeline: 1, batchId, batchTimeMs: batchId * 1_000, sources: [{ uid: 'in', chunks }] };
}

async function outputOf(graph: GraphRuntime, batch: GraphInput): Promise<{ readonly [uid: string]: string }> {
  const { sinks } = await graph.run(batch);
  return Object.fromEntries([...sinks].map(([uid, { bytes }]) => [uid, Buffer.from(bytes).toString('utf8')]));
}

async function blocksOf(graph: GraphRuntime, kind: 'full' | 'delta' = 'full'): Promise<readonly StateBlock[]> {
  const snapshot = await graph.snapshot(kind);
  const blocks: StateBlock[] = [];
  for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next()) {
    blocks.push({ ...block, bytes: new Uint8Array(block.bytes) });
  }
  return blocks;
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('a job in a sandbox', () => {
  it('gives byte for byte what the same graph gives outside, and so does one that is restored from it', async () => {
    const bundle = await aCountingJob();
    const graph = await started(bundle);
    const definition: unknown = runInThisContext(`${bundle.code}; tidemarkJob.default`);
    const outside = createInProcessGraph(definition as Parameters<typeof createInProcessGraph>[0]);
    const lines = ['a', 'é', '日本', 'a', '__proto__', 'constructor'].map((k) => `${JSON.stringify({ k })}\n`);
    for (const batchId of [1, 2]) {
      const batch = aBatch(batchId, lines.slice(batchId).join(''));
      expect(await outputOf(graph, batch)).toEqual(await outputOf(outside, batch));
    }
    const state = await blocksOf(graph);
    expect(state).toEqual(await blocksOf(outside));

    const restored = await started(bundle);
    for (const { uid, bytes } of state) await restored.restore(uid, bytes);
    const next = aBatch(5, lines.join(''));
    expect(await outputOf(restored, next)).toEqual(await outputOf(graph, next));
    expect(await blocksOf(restored)).toEqual(await blocksOf(graph));
  });

  it('sets aside what cannot be read of what is read again, also where it passes over all else', async () => {
    const graph = await started(
      await aBundle(`import { defineJob, files, toLog } from '@tidemark/streams';
export default defineJob({ name: 'skipping', batchInterval: '1 s', poison: 'skip' }, (job) => {
  job.source('in', files<any>({ path: 'in' })).to('out', toLog());
});
`),
    );
    const again = ['1', 'no', '2'].map((line, offset) => ({
      ...{ partition: 'a.jsonl', range: { from: offset, to: offset + 1 }, timeline: 1 },
      ...{ offsetUnit: 'records' as const, bytes: Buffer.from(`${line}\n`) },
    }));
    const batch = aBatch(1, 'no\n3\nno\n', 20);
    const [{ chunks } = { chunks: [] }] = batch.sources;
    const output = await graph.run({ ...batch, sources: [{ uid: 'in', chunks: [...again, ...chunks] }] });
    expect(output.setAside).toMatchObject([
      {
        source: 'in',
        partition: 'a.jsonl',
        offset: 1,
        timeline: 1,
        code: 'record_unreadable',
        bytes: Buffer.from('no'),
      },
    ]);
    expect(output).toMatchObject({ recordsIn: 6, recordsSkipped: 2, skipped: [{ offset: 20 }, { offset: 25 }] });
    expect(Buffer.from(output.sinks.get('out')?.bytes ?? []).toString()).toBe('1\n2\n3\n');
  });

  it('gives back a state of many frames', async () => {
    const bundle = await aCountingJob();
    const graph = await started(bundle, { memoryMb: 256, cpuMsPerBatch: 10_000 });
    const keys = Array.from({ length: 60_000 }, (_, i) => `user-${i}-${'x'.repeat(30)}`);
    await graph.run(aBatch(1, keys.map((k) => `{"k":"${k}"}\n`).join('')));
    const state = await blocksOf(graph);
    expect(state.length).toBeGreaterThan(2);
    const held = state
      .filter(({ uid }) => uid === 'counts')
      .flatMap(({ bytes }) => readBlock(bytes))
      .map(({ keys: { bytes } }) => Buffer.from(bytes).toString());
    expect(held.join('')).toBe(keys.map((k) => `"${k}"`).join(''));

    const restored = await started(bundle, { memoryMb: 256, cpuMsPerBatch: 10_000 });
    for (const { uid, bytes } of state) await restored.restore(uid, bytes);
    expect(await blocksOf(restored)).toEqual(state);
  });

  it('goes on with batches while a snapshot is handed out, which is of the batch at which it was taken', async () => {
    const bundle = await aCountingJob();
    const graph = await started(bundle, { memoryMb: 256, cpuMsPerBatch: 10_000 });
    const lines = Array.from({ length: 60_000 }, (_, i) => `{"k":"user-${i}-${'x'.repeat(30)}"}\n`).join('');
    await graph.run(aBatch(1, lines));
    const before = await blocksOf(graph);
    const snapshot = await graph.snapshot('full');
    const blocks: StateBlock[] = [];
    for (let batchId = 2; ; batchId += 1) {
      const [block] = await Promise.all([
        snapshot.next(),
        graph.run(aBatch(batchId, lines.slice(0, lines.indexOf('\n') + 1))),
      ]);
      if (block === undefined) break;
      blocks.push({ ...block, bytes: new Uint8Array(block.bytes) });
    }
    expect(blocks).toEqual(before);
  });

  it('gives the same with most of its state outside, restored from a base and a delta', async () => {
    const bundle = await aSpillingJob(2);
    const log: string[] = [];
    const open = async () => {
      const openColdStore = () => Promise.resolve(new InMemoryColdStore());
      return started(bundle, LIMITS, { openColdStore, onLog: (line) => log.push(line) });
    };
    const definition: unknown = runInThisContext(`${bundle.code}; tidemarkJob.default`);
    const outside = createInProcessGraph(definition as Parameters<typeof createInProcessGraph>[0]);
    const batches = ['abcdef', 'abagc', 'hhe', 'abcdefgh'].map((keys, index) =>
      aBatch(index + 1, Array.from(keys, (k) => `{"k":"${k}"}\n`).join('')),
    );
    let graph = await open();
    const stored: StateBlock[] = [];
    for (const [index, batch] of batches.entries()) {
      const { sinks, stateKeys } = await graph.run(batch);
      const expected = await outside.run(batch);
      expect([Buffer.from(sinks.get('out')?.bytes ?? []).toString(), stateKeys]).toEqual([
        Buffer.from(expected.sinks.get('out')?.bytes ?? []).toString(),
        expected.stateKeys,
      ]);
      stored.push(...(await blocksOf(graph, index === 0 ? 'full' : 'delta')));
      if (index !== 2) continue;
      graph = await open();
      for (const { uid, bytes } of stored) await graph.restore(uid, bytes);
    }
    // Once for each record, although the code before the key runs twice.
    expect(log.join('')).toBe('abcdefabagchheabcdefgh');
  });

  it('does not start a job with state outside where there is no place for it', async () => {
    await expect(started(await aSpillingJob(1))).rejects.toThrow('cold store');
  });

  it('is told which key has a state that is too large for a checkpoint', async () => {
    const bundle = await aBundle(
      `import { defineJob, files, toLog } from '@tidemark/streams';
export default defineJob({ name: 'texts', batchInterval: '1 s' }, (job) => {
  job.source('in', files<{ k: string }>({ path: 'in' })).keyBy('k')
    .fold('texts', { initial: '', fold: () => 'x'.repeat(64e6) }).filter(() => false).to('out', toLog());
});
`,
    );
    const graph = await started(bundle, { memoryMb: 1_024, cpuMsPerBatch: 20_000 });
    await graph.run(aBatch(1, '{"k":"a"}\n'));
    const snapshot = await graph.snapshot('full');
    await expect(snapshot.next()).rejects.toMatchObject({
      code: 'job_output_too_large',
      params: { what: 'State of "texts" for key "a"' },
    });
  });

  it('has batch time for a clock, the same random numbers on every replay, and no local time', async () => {
    const bundle = await aMapJob(
      `(n) => [Date.now(), new Date().toISOString(), new Date(0).getTimezoneOffset(), Math.random(), Math.random(),
        String(new Date()) === Date(), new Intl.DateTimeFormat('en', { timeStyle: 'medium' }).format(), new Date() instanceof Date]`,
    );
    const batch = aBatch(7, '1\n');
    const [first, again, other] = await Promise.all(
      ['job_1', 'job_1', 'job_2'].map(async (id) => outputOf(await started(bundle, LIMITS, { id }), batch)),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    const row = JSON.parse(first?.['out'] ?? '') as readonly unknown[];
    expect(row.slice(0, 3)).toEqual([7_000, '1970-01-01T00:00:07.000Z', 0]);
    expect(row.slice(5)).toEqual([true, expect.stringMatching(/^12:00:07\s/), true]);
    expect(row[3]).not.toBe(row[4]);
  });

  it('takes over state of another form by its own steps, and is stopped where one never ends', async () => {
    const migrating = (step: string) =>
      aBundle(`import { defineJob, files, toLog } from '@tidemark/streams';
export default defineJob({ name: 'migrating', batchInterval: '1 s' }, (job) => {
  job.source('in', files<{ k: string }>({ path: 'in' })).keyBy(({ k }) => k).mapValues(() => 1)
    .updateStateByKey('counts', (values, n = { count: 0 }) => ({ count: n.count + values.length }),
      { version: 2, migrate: { 1: ${step} } }).to('out', toLog());
});`);
    const old = await started(await aCountingJob());
    await old.run(aBatch(1, '{"k":"a"}\n{"k":"a"}\n{"k":"b"}\n'));
    const [block] = (await blocksOf(old)).filter(({ uid }) => uid === 'counts');
    if (block === undefined) throw new Error('no block');

    const graph = await started(await migrating('(count) => ({ count })'));
    await graph.restore('counts', await graph.convert('counts', { steps: [1] }, block.bytes));
    expect(await outputOf(graph, aBatch(2, '{"k":"a"}\n'))).toEqual({ out: '["a",{"count":3}]\n' });

    const throwing = await started(await migrating(`() => { throw new Error('\\u001b[2J no') }`));
    await expect(throwing.convert('counts', { steps: [1] }, block.bytes)).rejects.toMatchObject({
      code: 'state_conversion_failed',
      params: {
        operator: 'counts',
        key: '"a"',
        reason: expect.stringMatching(/^the migration from version 1 threw: .*no$/) as string,
      },
    });
    const looping = await started(await migrating('() => { for (;;); }'), { ...LIMITS, cpuMsPerBatch: 200 });
    await expect(looping.convert('counts', { steps: [1] }, block.bytes)).rejects.toMatchObject({
      code: 'state_conversion_failed',
      params: { reason: 'the migration of one block took longer than 200 ms' },
    });
  });

  it('is told what an operator with state cannot be restored from', async () => {
    const graph = await started(await aCountingJob());
    await expect(graph.restore('counts', Buffer.from('no block'))).rejects.toMatchObject({
      code: 'checkpoint_unreadable',
      params: { path: 'state of "counts"' },
    });
  });

  it('reports an unreadable line with its byte offset', async () => {
    const graph = await started(await aMapJob('(r) => r'));
    await expect(graph.run(aBatch(1, '{"n":"é"}\n{"n":\n', 1_000))).rejects.toMatchObject({
      code: 'record_unreadable',
      params: { source: 'in', partition: 'a.jsonl', offset: 1_011 },
    });
  });

  it('reports an unreadable line though most of the batch has not been read yet', async () => {
    const graph = await started(await aCountingJob());
    const rest = `{"k":"${'x'.repeat(1_000)}"}\n`.repeat(8_000);
    expect(await graph.run(aBatch(1, `{"k":"a"}\n{"k":\n${rest}`)).catch((error: unknown) => error)).toMatchObject({
      code: 'record_unreadable',
      params: { source: 'in', partition: 'a.jsonl', offset: 10 },
    });
  });

  it('gives the same in whatever order its sources come', async () => {
    const bundle = await aBundle(`
      import { defineJob, files, toLog } from '@tidemark/streams';
      export default defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
        const a = job.source('a', files({ path: 'a' }));
        const b = job.source('b', files({ path: 'b' }));
        a.union(b).to('out', toLog());
      });`);
    const batch = aBatch(1, '');
    const chunks = (name: string) =>
      aBatch(1, `{"${name}":"${'x'.repeat(1_000)}"}\n`.repeat(3_000)).sources[0]?.chunks ?? [];
    const sources = ['a', 'b'].map((uid) => ({ uid, chunks: chunks(uid) }));
    const first = await outputOf(await started(bundle), { ...batch, sources });
    expect(first['out']).toHaveLength(2 * 3_000 * 1_009);
    expect(await outputOf(await started(bundle), { ...batch, sources: sources.toReversed() })).toEqual(first);
  });

  it('reports what its code throws with operator, record and a stack of the source', async () => {
    const bundle = await aMapJob(
      '(r) => check(r)',
      'function check(r: { n: number }): number {\n  return r.n.toFixed();\n}',
    );
    const graph = await started(bundle);
    const error: unknown = await graph.run(aBatch(1, '{"n":1}\n{}\n')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'job_code_threw',
      params: {
        at: 'src/job.ts:3:14',
        record: 'in/a.jsonl@8',
        operator: expect.stringMatching(/^map \(src\/job\.ts:6:\d+\)$/) as string,
      },
    });
    expect(error).toHaveProperty(
      'params.stack',
      expect.stringMatching(/at check \(src\/job\.ts:3:14\)\n.*src\/job\.ts:6:\d+/),
    );
    expect(error).toHaveProperty('params.stack', expect.not.stringContaining('tidemark:guest'));
  });

  it('reports what its code throws so that a database can keep it', async () => {
    const graph = await started(await aMapJob(`() => { throw new Error('\\ud800\\0' + '🛬'.repeat(3_000)); }`));
    const error = (await graph.run(aBatch(1, '1\n')).catch((reason: unknown) => reason)) as { params: object };
    expect(error).toMatchObject({ code: 'job_code_threw', params: { record: 'in/a.jsonl@0' } });
    for (const text of Object.values({ ...error.params, position: undefined }).filter((value) => value !== undefined)) {
      expect(text).toSatisfy((said: string) => said.isWellFormed() && !said.includes('\0'));
    }
  });

  it('names places of the bundle where there is no source map, or one that is garbage', async () => {
    const { code } = await aMapJob('(r) => r.a.b');
    for (const map of [undefined, '{"version":3', '{"version":3,"sources":[],"names":[],"mappings":"////////"}']) {
      const graph = await started({ code, map });
      await expect(graph.run(aBatch(1, '{}\n'))).rejects.toMatchObject({
        params: { at: expect.stringMatching(/^bundle\.js:\d+:\d+$/) as string },
      });
    }
  });

  it('says what it logs, within bounds', async () => {
    const log: string[] = [];
    const graph = await started(await aMapJob('(r) => { console.log("saw", r, "x".repeat(1e6)); return r; }'), LIMITS, {
      onLog: (line) => log.push(line),
    });
    await graph.run(aBatch(1, '{"n":1}\n'.repeat(500)));
    expect(log).toHaveLength(101);
    expect(log[0]).toMatch(/^saw \{"n":1\} x{10}/);
    expect(log[100]).toBe('(400 more lines were left out)');
    expect(Math.max(...log.map((line) => line.length))).toBeLessThanOrEqual(500);
  });

  it('is lost when its process is killed from outside, and its owner learns it at once', async () => {
    const graph = await started(await aMapJob('(r) => r'));
    process.kill(graph.pid, 'SIGKILL');
    expect(await graph.lost).toMatchObject({ code: 'sandbox_lost' });
    await expect(graph.run(aBatch(1, '1\n'))).rejects.toMatchObject({ code: 'sandbox_lost' });
  });

  it('is out of reach of Ctrl-C in the terminal of whoever started it', async () => {
    const graph = await started(await aMapJob('(r) => r'));
    const sessionOf = (pid: number | 'self'): string | undefined =>
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3];
    expect(sessionOf(graph.pid)).not.toBe(sessionOf('self'));
  });

  it('is gone a moment after it was killed', async () => {
    const graph = await started(await aMapJob('() => { for (;;); }'), { memoryMb: 64, cpuMsPerBatch: 60_000 });
    const running = graph.run(aBatch(1, '1\n')).catch((error: unknown) => error);
    graph.kill();
    expect(await running).toMatchObject({ code: 'sandbox_lost' });
    await vi.waitFor(() => {
      expect(isAlive(graph.pid)).toBe(false);
    });
  });
});

describe('describing a bundle', () => {
  const describing = async (source: string): Promise<unknown> =>
    host.describe(await aBundle(source)).catch((error: unknown) => error);
  const job = (body: string): string => `import { defineJob, files, toLog } from '@tidemark/streams';
export default defineJob({ name: 'test', batchInterval: '1 s' }, (job) => {
${body}
});`;

  it('gives its manifest, with places in the source', async () => {
    expect(await host.describe(await aCountingJob())).toMatchObject({
      name: 'counting',
      nodes: [{ at: expect.stringMatching(/^src\/job\.ts:3:\d+$/) as string }, {}, {}, {}, {}, {}, {}],
      shapes: { counts: {}, recent: { parameters: { windowMs: 3_000, slideMs: 1_000 } } },
    });
  });

  it.each([
    [
      'two equal uids',
      `job.source('a', files({ path: 'x' })).to('a', toLog());`,
      'graph_uid_twice',
      { uid: 'a', firstAt: 'src/job.ts:3:5' },
    ],
    [
      'no uid',
      `job.source('in', files({ path: 'x' })).keyBy(() => 1).updateStateByKey('', () => 1).to('out', toLog());`,
      'graph_uid_missing',
      { kind: 'updateStateByKey' },
    ],
    [
      'a wrong window',
      `job.source('in', files({ path: 'x' })).window('w', { window: '3 s', slide: '2 s' }).to('out', toLog());`,
      'graph_invalid',
      {},
    ],
  ])('refuses %s with the place in the source', async (_name, body, code, params) => {
    const error = await describing(job(body));
    expect(error).toMatchObject({ code, params });
    expect(error).toHaveProperty('params.at', expect.stringMatching(/^src\/job\.ts:3:\d+$/));
  });

  it('refuses a cycle', async () => {
    const error = await describing(`${job(
      `job.source('in', files({ path: 'x' })).map((r) => r).to('out', toLog());`,
    ).replace('export default ', 'const definition = ')}
(definition.nodes[1] as any).inputs = [1];
export default definition;`);
    expect(error).toMatchObject({
      code: 'graph_has_cycle',
      params: { through: ['map'], at: expect.stringMatching(/^src\/job\.ts:3:/) as string },
    });
  });

  it('refuses what is no JavaScript, with the place', async () => {
    const error: unknown = await host
      .describe({ code: 'var a = 1;\nvar b = ;\n', map: undefined })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'bundle_not_javascript', params: { at: 'bundle.js:2:9' } });
  });

  it.each([
    ['throws', `throw new RangeError('not today');`, { reason: 'not today', at: 'src/job.ts:1:7' }],
    ['throws null', 'throw null;', {}],
    ['throws a trap', 'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });', {}],
    [
      'throws an error with a trap for a message',
      `throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });`,
      {},
    ],
    ['asks for Node', `(globalThis as any).process.exit();`, {}],
  ])('S10 refuses a bundle that %s', async (_name, source, params) => {
    expect(await describing(`${source}\nexport default 1;`)).toMatchObject({ code: 'bundle_threw', params });
  });

  it.each(['the upstream timed out', 'Script execution timed out.', 'over the memory limit', 'allocation failed'])(
    'takes a bundle that throws "%s" at its word, and not for one that was stopped',
    async (reason) => {
      const error = await describing(`throw new Error(${JSON.stringify(reason)});\nexport default 1;`);
      expect(error).toMatchObject({ code: 'bundle_threw', params: { reason, at: 'src/job.ts:1:7' } });
    },
  );

  it('says nothing that a database cannot keep', async () => {
    const half = await describing(`throw new Error('\\ud800\\0' + '🛬'.repeat(3_000));\nexport default 1;`);
    expect(half).toMatchObject({ code: 'bundle_threw' });
    const { params } = half as { params: { reason: string } };
    expect(params.reason).toMatch(/^\ufffd\\u0000🛬/u);
    expect(params.reason.isWellFormed()).toBe(true);
    const options = await describing(job(`job.source('in', files({ path: 'a\\0' })).to('out', toLog());`));
    expect(options).toMatchObject({ code: 'graph_invalid' });
  });

  it.each([
    ['nothing', 'export {};'],
    ['a number', 'export default 1;'],
    ['a trap', 'export default new Proxy({}, { get() { throw 1; } });'],
    ['a promise', 'export default Promise.resolve({ tidemark: 1 });'],
  ])('refuses a bundle whose default export is %s', async (_name, source) => {
    expect(await describing(source)).toMatchObject({ code: 'bundle_defines_no_job' });
  });

  it('S6 stops a bundle that never finishes or eats memory', async () => {
    const [endless, hoarding] = await Promise.all([
      describing('for (;;);\nexport default 1;'),
      describing('const hoard = []; for (;;) hoard.push(new Array(1000).fill(hoard.length));\nexport default 1;'),
    ]);
    expect(endless).toMatchObject({ code: 'bundle_threw', params: { reason: 'it did not finish within 5000 ms' } });
    expect(hoarding).toMatchObject({ code: 'bundle_threw', params: { reason: 'it used more than 128 MiB of memory' } });
  }, 30_000);

  it('leaves no process behind', async () => {
    const before = host.sandboxes;
    await describing('throw 1;');
    await vi.waitFor(() => {
      expect(host.sandboxes).toBeLessThanOrEqual(before + 1);
    });
  });
});

describe('an attack by a job', () => {
  let neighbour: SandboxedGraph;
  let batchId = 0;

  beforeAll(async () => {
    neighbour = await host.start({ id: 'job_neighbour', ...(await aMapJob('(r) => r + 1')), limits: LIMITS });
  });

  afterAll(() => {
    neighbour.kill();
  });

  async function attack(arrow: string, { before = '', cpuMsPerBatch = 500 } = {}): Promise<unknown> {
    const graph = await started(await aMapJob(arrow, before), { memoryMb: 32, cpuMsPerBatch });
    const outcome = await outputOf(graph, aBatch(1, '1\n2\n3\n')).catch((error: unknown) => error);
    expect(await outputOf(neighbour, aBatch(++batchId, '41\n'))).toEqual({ out: '42\n' });
    if (outcome instanceof Error) await vi.waitFor(() => expect(isAlive(graph.pid)).toBe(false));
    return outcome;
  }

  it.each([
    ['S6 a loop for ever', '() => { for (;;); }', ['job_over_cpu']],
    [
      'S6 microtasks for ever',
      '() => { const again = () => Promise.resolve().then(again); again(); return 1; }',
      ['job_over_cpu', 'job_over_memory'],
    ],
    ['S6 a regular expression without end', `() => /^(a+)+$/.test('a'.repeat(50) + 'b')`, ['job_over_cpu']],
    ['S6 a heap bomb', '() => { const a = []; for (;;) a.push({ n: a.length }); }', ['job_over_memory']],
    [
      'S6 a map that grows',
      '() => { const m = new Map(); for (let i = 0; ; i++) m.set(i, i); }',
      ['job_over_memory', 'job_over_cpu'],
    ],
    [
      'S6 a string that doubles',
      `() => { const a = []; let s = 'x'; for (;;) { s = s + s + a.length; a.push(s.split('')); } }`,
      ['job_over_memory', 'job_over_cpu', 'job_code_threw'],
    ],
    [
      'S6 buffers',
      '() => { const a = []; for (;;) a.push(new Uint8Array(1e7).fill(1)); }',
      ['job_over_memory', 'job_code_threw'],
    ],
    ['S6 one big array', '() => new Array(1e9).fill(0)', ['job_over_memory', 'job_over_cpu', 'job_code_threw']],
    [
      'S6 a number without end',
      '() => { let b = 3n; for (;;) b = b ** 3n; }',
      ['job_over_cpu', 'job_over_memory', 'job_code_threw'],
    ],
    ['S18 a stack without end', '() => { const f = () => f() + 1; return f(); }', ['job_code_threw']],
    ['S9 a row without end', `() => 'x'.repeat(5e8)`, ['job_code_threw', 'job_over_memory', 'job_output_too_large']],
    ['S9 a row in itself', '() => { const a = []; a.push(a); return a; }', ['job_code_threw']],
    ['S9 rows without end', `() => 'x'.repeat(2e7)`, ['job_output_too_large', 'job_over_memory']],
    ['S10 a promise', 'async () => 1', ['job_code_threw']],
    ['S10 a promise that never settles', '() => new Promise(() => {})', ['job_code_threw']],
    ['S10 a thenable', '() => ({ then() { for (;;); } })', ['job_code_threw']],
    ['S10 a row that throws when it is written', '() => ({ toJSON() { throw null; } })', ['job_code_threw']],
    [
      'S10 a row that is a trap',
      '() => new Proxy({}, { ownKeys() { throw 1; }, get() { throw 2; } })',
      ['job_code_threw'],
    ],
  ])(
    'is stopped if it is %s',
    async (_name, arrow, codes) => {
      // Where memory alone is to stop it, a slow machine must have the time to fill it.
      const outcome = await attack(arrow, codes.includes('job_over_cpu') ? {} : { cpuMsPerBatch: 5_000 });
      expect(codes).toContain((outcome as { code?: unknown }).code);
    },
    20_000,
  );

  it.each([
    ['every object', 'Object.prototype.polluted = "yes"; Array.prototype.push = () => { throw 1; };'],
    ['JSON', 'JSON.parse = () => ({ hacked: true }); JSON.stringify = () => "{}";'],
    ['maps', 'Map.prototype.get = () => { throw 1; }; Map.prototype.set = () => { throw 1; };'],
    ['the meaning of a uid', `Object.defineProperty(Object.prototype, 'uid', { set() {}, get: () => 'other' });`],
  ])(
    'S7 harms nobody else if it changes %s',
    async (_name, before) => {
      const outcome = await attack('() => 1', { before }).catch((error: unknown) => error);
      expect(outcome).toBeDefined();
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(JSON.parse('{"a":1}')).toEqual({ a: 1 });
    },
    20_000,
  );

  it.each([
    ['S8 process', 'typeof process'],
    ['S8 require', 'typeof (globalThis as any).require'],
    ['S8 the global of another realm', `this?.constructor?.constructor?.('return typeof process')?.() ?? 'undefined'`],
    ['S8 a function made of text', `Function('return typeof process')()`],
    ['S8 a built-in module', `typeof (globalThis as any).process?.getBuiltinModule`],
    [
      'S8 what runs it',
      `Object.getOwnPropertyNames(globalThis).some((name) => /guest|ivm|isolated/i.test(name)) ? 'found' : 'undefined'`,
    ],
    ['S12 WebAssembly', 'typeof WebAssembly'],
    ['S14 shared memory', 'typeof SharedArrayBuffer'],
    ['S14 waiting', 'typeof Atomics'],
    ['S14 a precise clock', 'typeof performance'],
    ['S14 timers', 'typeof setTimeout + typeof setInterval === "undefinedundefined" ? "undefined" : "found"'],
    [
      'S14 when memory is freed',
      'typeof WeakRef + typeof FinalizationRegistry === "undefinedundefined" ? "undefined" : "found"',
    ],
    ['S14 the collection of memory', 'typeof gc'],
    ['S4 a network', 'typeof fetch + typeof WebSocket === "undefinedundefined" ? "undefined" : "found"'],
  ])('does not find %s', async (_name, expression) => {
    expect(await attack(`function () { return ${expression}; }`)).toEqual({ out: '"undefined"\n'.repeat(3) });
  });

  it('cannot import anything', async () => {
    expect(
      await attack(`() => { import('node' + ':fs').then(() => { throw 1; }, () => undefined); return 1; }`),
    ).toEqual({
      out: '1\n1\n1\n',
    });
  });

  it('S15 finds nothing of the job before it', async () => {
    const count = '() => ((globalThis as any).seen = ((globalThis as any).seen ?? 0) + 1)';
    expect([await attack(count), await attack(count)]).toEqual([{ out: '1\n2\n3\n' }, { out: '1\n2\n3\n' }]);
  });

  it('R3: that loops for ever is stopped at its deadline, and other jobs do not notice', async () => {
    const loop = await started(await aMapJob('() => { for (;;); }'), { memoryMb: 32, cpuMsPerBatch: 400 });
    const startedAt = performance.now();
    const stopped = loop.run(aBatch(3, '1\n')).then(
      () => undefined,
      (error: unknown) => ({ error, afterMs: performance.now() - startedAt }),
    );
    for (let i = 0; i < 20; i += 1) expect(await outputOf(neighbour, aBatch(++batchId, '1\n'))).toEqual({ out: '2\n' });
    const end = await stopped;
    expect(end?.error).toMatchObject({ code: 'job_over_cpu', params: { limitMs: 400, batchId: 3 } });
    expect(end?.afterMs).toBeGreaterThan(350);
    expect(end?.afterMs).toBeLessThan(1_300);
  });
});
