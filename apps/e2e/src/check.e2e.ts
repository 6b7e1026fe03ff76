import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Job } from '@tidemark/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, root, writeInput } from './instance.js';
import { bundleOf, type BundleOptions } from './job-bundles.js';
import { committedOutput } from './output-files.js';
import { descendantsOf, isAlive } from './processes.js';
import { until } from './until.js';

const WAIT_MS_MAX = 60_000;
const PAGES = 8;
/** More than the job reads while the tests run. */
const VISITS = 400_000;
const WINDOW = { constants: { WINDOW: '1 s' } };
const cli = join(root, 'apps/cli/dist/main.js');

/** What a check says with `--json`, as far as it is looked at here. */
interface Report {
  readonly outcome: string;
  readonly objections: readonly string[];
  readonly plan: { readonly operators: readonly { readonly uid: string; readonly verdict: string }[] };
  readonly comparison: {
    readonly firstBatchId: number;
    readonly lastBatchId: number;
    readonly recordsIn: number;
    readonly stateRows: number;
    readonly sinks: readonly {
      readonly sink: string;
      readonly before: number;
      readonly same: number;
      readonly changed: number;
      readonly added: number;
      readonly removed: number;
    }[];
    readonly differences: readonly {
      readonly sink: string;
      readonly change: string;
      readonly key: { readonly [field: string]: unknown };
      readonly before: { readonly sum: number };
      readonly after: { readonly sum: number };
    }[];
    readonly failure: unknown;
  } | null;
}

/** What a replay says with `--json`. */
interface Replayed {
  readonly warnings: readonly string[];
  readonly sinks: readonly { readonly sink: string; readonly lines: readonly string[] }[];
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('a job that is checked from outside', () => {
  let instance: Instance;
  let job: Job;
  let work: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    work = join(dataHome.home, 'work');
    await mkdir(work);
    const visits = Array.from({ length: VISITS }, (_, index) => ({
      page: `page-${index % PAGES}`,
      number: Math.floor(index / PAGES) + 1,
    }));
    await writeInput(instance, 'visits/all.jsonl', visits);
    const config = { checkpointIntervalMs: 1_000 };
    job = await instance.tidemark.jobs.submit({ bundle: await bundleOf('visits', WINDOW), config });
    await recorded(job, 20);
  });

  afterAll(async () => {
    await instance.stop();
    await dataHome.remove();
  });

  /** Waits until the job has a complete checkpoint with this many batches after it. */
  async function recorded({ id }: Job, batches: number): Promise<void> {
    await until(`${batches} batches after a checkpoint are committed`, WAIT_MS_MAX, async () => {
      const { lastBatch, status, reason } = await instance.tidemark.jobs.get(id);
      if (status === 'failed') throw new Error(`The job has failed: ${reason?.message ?? ''}`);
      const checkpoints = (await instance.tidemark.jobs.checkpoints(id, { limit: 100 })).items;
      const oldest = checkpoints.findLast((checkpoint) => checkpoint.status === 'complete');
      return oldest !== undefined && (lastBatch?.batchId ?? 0) >= oldest.batchId + batches ? true : undefined;
    });
  }

  const environment = () => ({ PATH: process.env['PATH'], TIDEMARK_HOME: instance.home });

  const tidemark = (...args: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const options = { cwd: work, env: environment(), maxBuffer: 2 ** 30 };
      execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  async function fileWith(name: string, options: BundleOptions): Promise<string> {
    const { code, sourceMap } = await bundleOf(name, options);
    await writeFile(join(work, `${name}.js`), code);
    await writeFile(join(work, `${name}.js.map`), sourceMap);
    return `${name}.js`;
  }

  async function check(file: string, ...more: readonly string[]): Promise<Ran & { readonly report: Report }> {
    const ran = await tidemark('check', file, '--against', 'visits', '--replay', '20', '--json', ...more);
    if (ran.stdout === '') throw new Error(`The check said nothing: ${ran.stderr}`);
    return { ...ran, report: JSON.parse(ran.stdout) as Report };
  }

  it('gives what it gives with its own bundle', async () => {
    const { code, report } = await check(await fileWith('visits', WINDOW));
    const { comparison } = report;
    expect([code, report.outcome]).toEqual([0, 'equal']);
    expect((comparison?.lastBatchId ?? 0) - (comparison?.firstBatchId ?? 0)).toBe(19);
    expect(comparison?.stateRows).toBeGreaterThanOrEqual(PAGES);
    expect(comparison?.recordsIn).toBeGreaterThan(1_000);
    for (const sink of comparison?.sinks ?? []) expect(sink).toMatchObject({ changed: 0, added: 0, removed: 0 });
    expect(comparison?.sinks.map(({ same }) => same > 100)).toEqual([true, true]);
  });

  it('gives the same with a source that was written anew and minified', async () => {
    const { code, report } = await check(await fileWith('visits-renamed', { minify: true }));
    expect([code, report.outcome, report.comparison?.differences]).toEqual([0, 'equal', []]);
  });

  it('names the keys whose results a change of logic changes, and ends with 1', async () => {
    const file = await fileWith('visits-doubled', WINDOW);
    const { code, report } = await check(file);
    expect([code, report.outcome]).toEqual([1, 'differs']);
    expect(report.plan.operators.map(({ verdict }) => verdict)).toEqual(['as_is', 'as_is']);
    const differences = report.comparison?.differences ?? [];
    expect(new Set(differences.map(({ sink }) => sink))).toEqual(new Set(['totals-out', 'recent-out']));
    expect(new Set(differences.map(({ key }) => key['page']))).toEqual(new Set(['page-3']));
    for (const { change, before, after } of differences) {
      expect(change).toBe('changed');
      expect(after.sum).toBeGreaterThan(before.sum);
    }
    const { stdout, code: again } = await tidemark('check', file, '--against', 'visits', '--replay', '5');
    expect(again).toBe(1);
    expect(stdout).toMatch(/^ +\d+ +totals-out +changed +page="page-3" /m);
    expect(stdout).toMatch(/^differs: /m);
  });

  it('names the operator and the field that do not fit, and ends with 2', async () => {
    const { code, report } = await check(await fileWith('visits', { constants: { WINDOW: '2 s' } }));
    expect([code, report.outcome, report.comparison]).toEqual([2, 'incompatible', null]);
    expect(report.objections).toEqual(['"recent": windowMs was 1000 and is now 2000']);
  });

  it('ends with the same code where nobody reads what it says', async () => {
    const file = await fileWith('visits', { constants: { WINDOW: '2 s' } });
    for (const more of [[], ['--json']]) {
      const args = [cli, 'check', file, '--against', 'visits', ...more];
      const child = spawn(process.execPath, args, {
        cwd: work,
        env: environment(),
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.stdout.destroy();
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(2);
    }
  });

  it('converts the state for a bundle that migrates it', async () => {
    const { code, report } = await check(await fileWith('visits-migrated', WINDOW));
    expect(code).toBe(1);
    expect(report.plan.operators.find(({ uid }) => uid === 'totals')?.verdict).toBe('migrate');
    expect(report.comparison).toMatchObject({ failure: null });
    const { sinks = [], differences = [] } = report.comparison ?? {};
    expect(sinks.find(({ sink }) => sink === 'recent-out')).toMatchObject({ changed: 0, added: 0, removed: 0 });
    expect(differences[0]?.after).toMatchObject({ ...differences[0]?.before, mean: expect.any(Number) as number });
  });

  it('says that a bundle throws, in which batch and where', async () => {
    const { code, report } = await check(
      await fileWith('visits-worse', { constants: { FAULT: 'throws' } }),
      '--drop',
      'recent',
    );
    expect([code, report.outcome]).toEqual([1, 'differs']);
    expect(report.comparison?.failure).toMatchObject({
      batchId: (report.comparison?.firstBatchId ?? 0) + 2,
      code: 'job_code_threw',
      message: expect.stringContaining('src/jobs/visits-worse.ts:') as string,
    });
  });

  it('is not checked, which ends with 3, where that cannot be done', async () => {
    const file = await fileWith('visits', WINDOW);
    for (const [args, says] of [
      [['check', file, '--against', 'nothing'], 'There is no job named "nothing".'],
      [['check', 'missing.ts', '--against', 'visits'], 'missing.ts does not exist'],
      [['check', file], "required option '--against <job>' not specified"],
      [['check', file, '--against', 'visits', '--replay', 'all'], '"all" is not a whole number'],
      [['check', file, '--against', 'visits', '--api-url', 'http://127.0.0.1:9', '--api-key', 'x'], '127.0.0.1:9'],
    ] as const) {
      const { code, stdout, stderr } = await tidemark(...args);
      expect([code, stdout, stderr]).toEqual([3, '', expect.stringContaining(says)]);
    }
  });

  it('gives the lines of a committed batch again', async () => {
    const { comparison } = (await check(await fileWith('visits', WINDOW))).report;
    const batchId = (comparison?.firstBatchId ?? 0) + 7;
    const { code, stdout } = await tidemark('replay', 'visits', String(batchId), '--json');
    expect(code).toBe(0);
    const { sinks, warnings } = JSON.parse(stdout) as Replayed;
    expect(warnings).toEqual([]);
    for (const [sink, path] of [
      ['totals-out', 'totals'],
      ['recent-out', 'recent'],
    ] as const) {
      const committed = (await committedOutput(join(instance.files, path))).find((one) => one.batchId === batchId);
      const lines = sinks.find((one) => one.sink === sink)?.lines ?? [];
      expect(lines.length).toBeGreaterThan(5);
      expect(lines).toEqual(committed?.rows.map((row) => JSON.stringify(row)));
    }
  });

  it('stops in the source of the job under a debugger', async () => {
    const folder = join(root, 'apps/e2e');
    const { lastBatch } = await instance.tidemark.jobs.get(job.id);
    const batch = String((lastBatch?.batchId ?? 0) - 1);
    const child = spawn(process.execPath, [cli, 'replay', 'visits', batch, '--inspect', '127.0.0.1:0'], {
      ...{ cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => output.push(text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const address = await until('the debugger can connect', WAIT_MS_MAX, async () =>
        /ws:\/\/\S+/.exec(output.join(''))?.at(0),
      );
      await stepInto(address, join(folder, 'src/jobs/visits.ts'));
      expect([await ended, output.join('')]).toEqual([0, expect.stringContaining('totals-out: ')]);
    } finally {
      child.kill('SIGINT');
    }
  });

  it('ends at once when it is interrupted while it waits for a debugger', async () => {
    const { lastBatch } = await instance.tidemark.jobs.get(job.id);
    const batch = String((lastBatch?.batchId ?? 0) - 1);
    const child = spawn(process.execPath, [cli, 'replay', 'visits', batch, '--inspect', '127.0.0.1:0'], {
      ...{ cwd: work, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] },
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const output: string[] = [];
    child.stderr.on('data', (text: Buffer) => output.push(text.toString()));
    await until('it waits', WAIT_MS_MAX, async () => /ws:/.exec(output.join('')) ?? undefined);
    const [waiting = 0, ...others] = await descendantsOf(child.pid ?? 0);
    expect([await isAlive(waiting), others]).toEqual([true, []]);
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    await until('its process is gone', WAIT_MS_MAX, async () => ((await isAlive(waiting)) ? undefined : true));
  });

  it('is checked within a minute with 100,000 keys, time and chance as they were', async () => {
    const [keys, perBatch] = [100_000, 10_000];
    const sales = Array.from({ length: 6 * keys }, (_, index) => ({
      shop: `shop-${index % keys}`,
      amount: index % 97,
    }));
    await writeInput(instance, 'sales/all.jsonl', sales);
    const constants = { PER_BATCH: perBatch, STEP: 1 };
    const config = { checkpointIntervalMs: 3_000 };
    const many = await instance.tidemark.jobs.submit({ bundle: await bundleOf('many-keys', { constants }), config });
    await until('a checkpoint holds every key, and all is read', 3 * WAIT_MS_MAX, async () => {
      const checkpoints = (await instance.tidemark.jobs.checkpoints(many.id, { limit: 100 })).items;
      const full = checkpoints.findLast(({ status, stateRows }) => status === 'complete' && stateRows >= keys);
      const { lastBatch } = await instance.tidemark.jobs.get(many.id);
      return full !== undefined && (lastBatch?.batchId ?? 0) >= full.batchId + 40 ? true : undefined;
    });
    const file = await fileWith('many-keys', { constants });
    const startedMs = performance.now();
    const ran = await tidemark('check', file, '--against', many.id, '--replay', '40', '--json');
    const seconds = (performance.now() - startedMs) / 1_000;
    const report = JSON.parse(ran.stdout) as Report;
    console.log(
      `check: ${report.comparison?.stateRows} keys, ${report.comparison?.recordsIn} records, ${seconds.toFixed(1)} s`,
    );
    expect(ran.code).toBe(0);
    // Of a chain, the rows of all its files.
    expect(report.comparison?.stateRows).toBeGreaterThanOrEqual(keys);
    expect(seconds).toBeLessThan(60);

    const batchId = report.comparison?.lastBatchId ?? 0;
    const { stdout } = await tidemark('replay', many.id, String(batchId), '--json');
    const { sinks } = JSON.parse(stdout) as Replayed;
    const committed = (await committedOutput(join(instance.files, 'shops'))).find((one) => one.batchId === batchId);
    expect(sinks[0]?.lines).toEqual(committed?.rows.map((row) => JSON.stringify(row)));
  });
});

/** Stops before the batch, then in a function of the job's source, and lets it run to its end. */
async function stepInto(address: string, source: string): Promise<void> {
  const debug = await Debugger.connect(address);
  const scripts = debug.all<{ url: string; scriptId: string; sourceMapURL: string }>('Debugger.scriptParsed');
  await debug.ask('Debugger.enable');
  const script = scripts.find(({ url }) => url === 'bundle.js');
  const map = Buffer.from(script?.sourceMapURL.split(',')[1] ?? '', 'base64').toString();
  expect((JSON.parse(map) as { sources: string[] }).sources).toContain(pathToFileURL(source).href);
  const { scriptSource } = await debug.ask<{ scriptSource: string }>('Debugger.getScriptSource', {
    scriptId: script?.scriptId,
  });
  const lineNumber = scriptSource.split('\n').findIndex((line) => line.includes('Math.min('));
  const paused = debug.all<{ callFrames: { functionName: string }[] }>('Debugger.paused');
  await debug.ask('Debugger.setBreakpoint', { location: { scriptId: script?.scriptId, lineNumber } });
  await debug.ask('Runtime.runIfWaitingForDebugger');
  await until('it stops before the batch', WAIT_MS_MAX, async () => paused[0]);
  await debug.ask('Debugger.resume');
  const stop = await until('it stops at the breakpoint', WAIT_MS_MAX, async () => paused[1]);
  expect(stop.callFrames[0]?.functionName).toBe('merge');
  await debug.ask('Debugger.disable');
  debug.close();
}

/** Just as much of a debugger as the test needs. */
class Debugger {
  private id = 0;
  private readonly answers = new Map<number, (result: unknown) => void>();
  private readonly events = new Map<string, unknown[]>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, method, params, result } = JSON.parse(String(data)) as {
        readonly id?: number;
        readonly method?: string;
        readonly params?: unknown;
        readonly result?: unknown;
      };
      if (id !== undefined) this.answers.get(id)?.(result);
      if (method !== undefined) this.events.get(method)?.push(params);
    });
  }

  static async connect(address: string): Promise<Debugger> {
    const socket = new WebSocket(address);
    await new Promise((resolve) => {
      socket.addEventListener('open', resolve, { once: true });
    });
    return new Debugger(socket);
  }

  /** What happens from now on under this name. */
  all<T>(event: string): readonly T[] {
    const seen: T[] = [];
    this.events.set(event, seen);
    return seen;
  }

  ask<T>(method: string, params: object = {}): Promise<T> {
    this.id += 1;
    const { id } = this;
    const answer = new Promise<T>((resolve) => {
      this.answers.set(id, resolve as (result: unknown) => void);
    });
    this.socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  close(): void {
    this.socket.close();
  }
}
