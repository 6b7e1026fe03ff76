import { type ChildProcess, spawn } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { bundleJob, type JobBundle } from '@tidemark/bundler';
import { TidemarkError } from '@tidemark/domain';

/** One of the example's jobs, and where it reads and writes below the tenant's files. */
export interface ExampleJob {
  readonly name: string;
  readonly source: string;
  readonly input: string;
  readonly output: string;
}

export const EXAMPLE: ExampleJob = {
  name: 'flight-delays',
  source: 'job.ts',
  input: 'flights',
  output: 'flight-delays',
};
export const FAILOVER_EXAMPLE: ExampleJob = {
  name: 'flight-delays-demo',
  source: 'failover-job.ts',
  input: 'flights-demo',
  output: 'flight-delays-demo',
};

const LOW_PRIORITY = 10;

/** The folder of `examples/flight-delays`, used as a reader of it would: by its commands and its source. */
export class FlightDelays {
  private readonly running = new Set<ChildProcess>();

  constructor(
    private readonly root: string,
    readonly tenantFiles: string,
  ) {}

  bundle({ source }: ExampleJob): Promise<JobBundle> {
    return bundleJob(join(this.folder, 'src', source));
  }

  /** Resolves when the first `flights` are there to be read. */
  async prepare({ input }: ExampleJob, flights: number): Promise<void> {
    const { code, output } = await this.run('prepare', this.prepareArgs(input, flights));
    if (code === 0) return;
    const path = join(this.tenantFiles, input);
    if (output.includes('ENOSPC')) throw new TidemarkError('store_full', { path });
    throw new Error(`The input of the example could not be prepared: ${output}`);
  }

  /** Goes on preparing beside everything else: what fails here is only less to read. */
  prepareInBackground({ input }: ExampleJob, flights: number): void {
    void this.run('prepare', this.prepareArgs(input, flights), LOW_PRIORITY);
  }

  async recount(
    { input, output }: ExampleJob,
    job: { readonly id: string; readonly instanceFile: string },
  ): Promise<{ readonly ok: boolean; readonly report: string }> {
    const where = ['--instance', job.instanceFile, '--files', this.tenantFiles, '--input', input, '--output', output];
    const { code, output: report } = await this.run('recount', [...where, '--job', job.id]);
    return { ok: code === 0, report: report.trim() };
  }

  /** A new job may not write over what another one has written; that is kept under another name. */
  async setOutputAside({ output }: ExampleJob): Promise<void> {
    const path = join(this.tenantFiles, output);
    const before = `${path}-before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    await rename(path, before).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  async removeOutput({ output }: ExampleJob): Promise<void> {
    await rm(join(this.tenantFiles, output), { recursive: true, force: true });
  }

  /** Ends what still runs in the background. */
  close(): void {
    for (const child of this.running) child.kill();
  }

  private get folder(): string {
    return join(this.root, 'examples', 'flight-delays');
  }

  private prepareArgs(input: string, flights: number): readonly string[] {
    return ['--into', join(this.tenantFiles, input), '--flights', String(flights)];
  }

  private run(
    command: 'prepare' | 'recount',
    args: readonly string[],
    priority = 0,
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    const script = join(this.folder, 'dist', 'bin', `${command}.js`);
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.running.add(child);
    if (priority !== 0 && child.pid !== undefined) setPriority(child.pid, priority);
    return new Promise((resolve, reject) => {
      let output = '';
      const keep = (chunk: Buffer): void => {
        output = (output + chunk.toString()).slice(-16_384);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.once('error', reject);
      child.once('close', (code) => {
        this.running.delete(child);
        resolve({ code, output });
      });
    });
  }
}
