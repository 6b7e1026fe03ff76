import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ShiftedClock, whyNoShiftedClocks } from '@tidemark/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectExactlyOnce, goesOn, submitEcho } from './echo.js';
import { aHome, Instance, kill, root } from './instance.js';
import { environmentOf } from './processes.js';

const HOUR_S = 3_600;
/** Often enough that a decision by this clock would see more than one of them within a lease. */
const STROBE_MS = 150;
const STROBES = 40;
const NAMES = ['clock-a', 'clock-b'];

/** A service whose wall clock is wrong, in place of one of the instance's own. */
class MistimedService {
  private constructor(
    readonly id: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(role: string, clock: ShiftedClock, pid: number): Promise<MistimedService> {
    const child = spawn(process.execPath, [join(root, 'apps', role, 'dist/main.js')], {
      env: { ...(await environmentOf(pid)), ...clock.environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (child.stdout === null) throw new Error('The service has no output.');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new MistimedService((JSON.parse(line) as { ready: { id: string } }).ready.id, child);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

const why = whyNoShiftedClocks();

describe.skipIf(why !== undefined)(`R13: a wall clock that is wrong${why === undefined ? '' : ` (${why})`}`, () => {
  let instance: Instance;
  let dataHome: Awaited<ReturnType<typeof aHome>>;
  let runnerClock: ShiftedClock;
  let schedulerClock: ShiftedClock;
  const mistimed: MistimedService[] = [];
  const ids = new Map<string, string>();

  beforeAll(async () => {
    dataHome = await aHome();
    instance = await Instance.start(dataHome.home);
    runnerClock = new ShiftedClock(join(dataHome.home, 'runner-clock'), HOUR_S);
    schedulerClock = new ShiftedClock(join(dataHome.home, 'scheduler-clock'), -HOUR_S);
    const own = await instance.processes();
    for (const [role, clock] of [
      ['runner', runnerClock],
      ['scheduler', schedulerClock],
    ] as const) {
      const theirs = own.filter((one) => one.role === role);
      for (const { pid } of theirs) kill(pid, 'SIGSTOP');
      mistimed.push(await MistimedService.start(role, clock, theirs[0]?.pid ?? process.pid));
    }
    for (const name of NAMES) ids.set(name, await submitEcho(instance, name));
    await allGoOn();
  });

  afterAll(async () => {
    await Promise.all(mistimed.map((service) => service.stop()));
    for (const { role, pid } of await instance.processes()) if (role !== 'supervisor') kill(pid, 'SIGCONT');
    await instance.stop();
    await dataHome.remove();
  });

  async function allGoOn(): Promise<void> {
    for (const id of ids.values()) await goesOn(instance, id);
  }

  /** Each job is run by the runner with the wrong clock, and has been since it was claimed for the first time. */
  async function expectNothingLost(): Promise<void> {
    for (const id of ids.values()) {
      const { epoch, status, currentRun } = await instance.tidemark.jobs.get(id);
      expect({ epoch, status, runnerId: currentRun?.runnerId }).toEqual({
        epoch: 1,
        status: 'running',
        runnerId: mistimed[0]?.id,
      });
    }
  }

  it.each([
    ['an hour ahead', HOUR_S],
    ['an hour behind', -HOUR_S],
    ['right again', 0],
  ])('costs no job its runner when it jumps while jobs run: %s', async (_, seconds) => {
    runnerClock.shift(seconds);
    schedulerClock.shift(-seconds);
    await allGoOn();
    await expectNothingLost();
  });

  it('costs no job its runner when it jumps to and fro all the time', async () => {
    let jumps = 0;
    const strobe = setInterval(() => {
      jumps += 1;
      const seconds = jumps % 2 === 0 ? HOUR_S : -HOUR_S;
      runnerClock.shift(seconds);
      schedulerClock.shift(-seconds);
    }, STROBE_MS);
    try {
      while (jumps < STROBES) await allGoOn();
    } finally {
      clearInterval(strobe);
    }
    runnerClock.shift(0);
    schedulerClock.shift(0);
    await allGoOn();
    await expectNothingLost();
  });

  it('leaves a death noticed as soon, and nothing done twice or left out', async () => {
    schedulerClock.shift(-HOUR_S);
    for (const { role, pid } of await instance.processes()) if (role === 'runner') kill(pid, 'SIGCONT');
    await mistimed[0]?.stop();
    mistimed.shift();
    await allGoOn();
    for (const id of ids.values()) {
      expect((await instance.tidemark.jobs.get(id)).epoch).toBe(2);
      await instance.tidemark.jobs.cancel(id);
    }
    for (const name of NAMES) await expectExactlyOnce(instance, name);
  });
});
