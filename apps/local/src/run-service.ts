import { once } from 'node:events';
import { join } from 'node:path';
import { Tidemark } from '@tidemark/sdk';
import { ensureJob } from './example/ensure-job.js';
import { EXAMPLE, FlightDelays } from './example/flight-delays.js';
import { LocalInstance, type LocalOptions } from './services/local-instance.js';
import { Airports } from './view/airports.js';
import { JobMonitor } from './view/job-monitor.js';
import { showLiveView } from './view/live-view.js';

export interface ServiceOptions extends LocalOptions {
  /** Submits the example job and shows it. */
  readonly example: boolean;
  readonly signal: AbortSignal;
}

/** Flights that are there before the job starts, and in the end: about four minutes at the example's rate. */
const FLIGHTS_FIRST = 50_000;
const FLIGHTS_IN_ALL = 1_000_000;

/** Runs the service until it is told to stop. Answers with the exit code. */
export async function runService(options: ServiceOptions): Promise<number> {
  const { home, say, signal, root } = options;
  const instance = await LocalInstance.start(options);
  const flightDelays = new FlightDelays(root, home.tenantFiles);
  try {
    say(`Ready: ${instance.apiUrl}   keys in ${home.instance}`);
    if (options.example && !signal.aborted) await runExample(instance, flightDelays, options);
    else if (!signal.aborted) await once(signal, 'abort');
  } finally {
    flightDelays.close();
    await instance.stop();
  }
  say('Stopped. The next start goes on from here.');
  return 0;
}

async function runExample(
  instance: LocalInstance,
  flightDelays: FlightDelays,
  { home, say, signal }: ServiceOptions,
): Promise<void> {
  const { apiUrl } = instance;
  const tidemark = new Tidemark({ apiUrl, apiKey: instance.tenantKey });
  await flightDelays.prepare(EXAMPLE, FLIGHTS_FIRST);
  const bundle = await flightDelays.bundle(EXAMPLE);
  const { job, how } = await ensureJob(tidemark, {
    name: EXAMPLE.name,
    bundle,
    onNew: () => flightDelays.setOutputAside(EXAMPLE),
  });
  say(`${SENTENCE[how]}: ${job.name} (${job.id})`);
  flightDelays.prepareInBackground(EXAMPLE, FLIGHTS_IN_ALL);
  await showLiveView({
    monitor: new JobMonitor(tidemark, job.id),
    airports: new Airports(join(home.tenantFiles, EXAMPLE.output)),
    apiUrl,
    instanceFile: home.instance,
    pidOf: (runnerId) => instance.pidOf(runnerId),
    out: process.stdout,
    signal,
  });
}

const SENTENCE = {
  submitted: 'Submitted the example job',
  deployed: 'The example job takes over with its new code',
  goes_on: 'The example job goes on',
} as const;
