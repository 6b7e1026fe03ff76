import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleJob } from '@tidemark/bundler';
import type { Job } from '@tidemark/sdk';
import { root, type Instance } from './instance.js';

const run = promisify(execFile);
const example = join(root, 'examples/flight-delays');

export interface Recount {
  readonly ok: boolean;
  readonly checked: { readonly batches: number; readonly flights: number; readonly rows: number };
  readonly differences: readonly string[];
}

/** Puts real flights where the example job reads them. */
export async function prepareFlights({ files }: Instance, flights: number): Promise<void> {
  const prepare = join(example, 'dist/bin/prepare.js');
  await run(process.execPath, [prepare, '--into', join(files, 'flights'), '--flights', String(flights)]);
}

export async function submitFlights({ tidemark }: Instance): Promise<Job> {
  return tidemark.jobs.submit({ bundle: await bundleJob(join(example, 'src/job.ts')) });
}

/** The example's own recount, which shares no code with the service, in a process of its own. */
export async function recountFlights({ instanceFile, files }: Instance, jobId: string): Promise<Recount> {
  const recount = join(example, 'dist/bin/recount.js');
  const { stdout } = await run(
    process.execPath,
    [recount, '--instance', instanceFile, '--files', files, '--job', jobId, '--json'],
    { maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => {
    // A recount that differs ends with code 1 and still says what differs.
    if (error instanceof Error && 'stdout' in error && String(error.stdout).startsWith('{'))
      return { stdout: String(error.stdout) };
    throw error;
  });
  return JSON.parse(stdout) as Recount;
}
