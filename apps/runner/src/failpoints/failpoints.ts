import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ConfigError } from '@tidemark/config';

/** Places in the protocol where a test may end or stop this process, in the order in which a batch comes by. */
export const POINTS = [
  'before-plan',
  'after-plan',
  'mid-batch',
  'after-sink',
  'after-commit',
  'mid-upload',
  'after-upload',
  'after-checkpoint',
] as const;
export type Point = (typeof POINTS)[number];

const ACTIONS = { kill: 'SIGKILL', pause: 'SIGSTOP' } as const satisfies Record<string, NodeJS.Signals>;

interface Failpoint {
  readonly job: string;
  readonly point: Point;
  /** At which time that a run of the job comes by in this process, from 1. */
  readonly time: number;
  readonly action: keyof typeof ACTIONS;
}

const FORM = '<job>/<point>:<time>=kill|pause';
const ENTRY = /^([^/]+)\/([a-z-]+):([1-9]\d*)=(kill|pause)$/;

/** Reads `<job>/<point>:<time>=kill|pause`, separated by commas. Throws `ConfigError`. */
export function parseFailpoints(text: string): readonly Failpoint[] {
  return text.split(',').map((entry) => {
    const [, job = '', name, time, action] = ENTRY.exec(entry.trim()) ?? [];
    const point = POINTS.find((known) => known === name);
    if (point === undefined) {
      throw new ConfigError([
        `TIDEMARK_FAILPOINTS has "${entry}"; it must be ${FORM}, a point one of ${POINTS.join(', ')}`,
      ]);
    }
    return { job, point, time: Number(time), action: action === 'kill' ? 'kill' : 'pause' };
  });
}

/**
 * Ends or stops this process when it comes to a certain point. Each failpoint works once, also over several processes: a
 * file of its name in `folder` says that it has.
 */
export class Failpoints {
  private readonly times = new Map<string, number>();

  constructor(
    private readonly failpoints: readonly Failpoint[],
    private readonly folder: string,
  ) {}

  /** Does not return where the process is killed here. */
  reach(point: Point, job: string): void {
    const time = (this.times.get(`${job}/${point}`) ?? 0) + 1;
    this.times.set(`${job}/${point}`, time);
    const found = this.failpoints.find((one) => one.point === point && one.job === job && one.time === time);
    if (found === undefined || !this.take(`${job}.${point}.${time}`)) return;
    process.kill(process.pid, ACTIONS[found.action]);
    // A signal that a process sends itself may come a little later, and nothing may happen until it does.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SIGNAL_MS_MAX);
  }

  private take(name: string): boolean {
    try {
      closeSync(openSync(join(this.folder, name), 'wx'));
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      // A failpoint that silently never works would let a test pass that shows nothing.
      throw error;
    }
  }
}

const SIGNAL_MS_MAX = 50;
