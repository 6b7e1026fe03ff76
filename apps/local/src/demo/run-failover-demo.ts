import { Tidemark } from '@tidemark/sdk';
import { FlightDelays } from '../example/flight-delays.js';
import type { Home } from '../home/home.js';
import { readRunningInstance } from '../home/instance-file.js';
import { LocalInstance, type LocalOptions } from '../services/local-instance.js';
import { FailoverStory } from './failover-story.js';

export interface DemoOptions extends Omit<LocalOptions, 'port'> {
  readonly signal: AbortSignal;
}

const INTERRUPTED = 130;

/** Tells the story on the service that runs here, or on one that it starts and stops. Exit code 1 if the recount differs. */
export async function runFailoverDemo(options: DemoOptions): Promise<number> {
  const { home, say } = options;
  const running = await readRunningInstance(home.instance);
  if (running !== undefined) {
    say(`Using the service that runs at ${running.apiUrl}`);
    return tell(options, { apiUrl: running.apiUrl, tenantKey: running.tenantKey });
  }
  const instance = await LocalInstance.start({ ...options, port: 0 });
  try {
    return await tell(options, instance);
  } finally {
    await instance.stop();
  }
}

async function tell(
  { home, root, signal }: DemoOptions,
  { apiUrl, tenantKey }: { readonly apiUrl: string; readonly tenantKey: string },
): Promise<number> {
  const story = new FailoverStory({
    tidemark: new Tidemark({ apiUrl, apiKey: tenantKey }),
    flightDelays: new FlightDelays(root, home.tenantFiles),
    instanceFile: home.instance,
    pidOf: (runnerId) => pidOfRunner(home, runnerId),
    write: (line) => void process.stdout.write(`${line}\n`),
    signal,
  });
  try {
    return (await story.tell()) ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    throw error;
  }
}

async function pidOfRunner(home: Home, runnerId: string): Promise<number | undefined> {
  const instance = await readRunningInstance(home.instance);
  return instance?.processes.find(({ id }) => id === runnerId)?.pid;
}
