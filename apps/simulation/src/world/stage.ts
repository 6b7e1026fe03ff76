import { Clock, isTidemarkError, Timers } from '@tidemark/domain';
import type { Transact } from '../database/database.js';
import type { Chance } from './chance.js';

/** A process of the product. What it has asked for while it was alive may still take effect once it is not. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** Until then it does nothing: stopped, swapped out, or in a long pause of its garbage collector. */
  frozenUntilMs: number;
  /** How far its wall clock is off. */
  skewMs: number;
  /** What happens to it just as it makes one of its next calls. */
  ambush: Ambush | undefined;
}

interface Ambush {
  /** Calls until then. */
  left: number;
  readonly happens: () => void;
}

/** What chance may do to a call, as probabilities. */
export interface Weather {
  /** It fails and has had no effect. */
  readonly fails: number;
  /** It takes effect, and its caller is told that it failed. */
  readonly isAmbiguous: number;
  /** It takes effect, and its answer comes later. */
  readonly answersLate: number;
  /** Time passes although there is something to do. */
  readonly isSlow: number;
  /** It takes long until it takes effect. */
  readonly isStuck: number;
}

export const CALM: Weather = { fails: 0, isAmbiguous: 0, answersLate: 0, isSlow: 0, isStuck: 0 };

/** How long a call is stuck at most. */
const STUCK_MS_MAX = 1_500;
/** Uploads, and statements that lock many rows, are stuck so many times more often than others. */
const HEAVY = { calls: /(^put |: retire checkpoints)/, times: 10 } as const;
/** So many times more often than others a client is not told what became of its request. */
const CLIENT = { calls: /^api: /, times: 8 } as const;

const times = ({ calls, times: more }: typeof HEAVY | typeof CLIENT, name: string): number =>
  calls.test(name) ? more : 1;

/** A call of a port that has not come to its end. */
interface Call {
  readonly process: Process;
  readonly name: string;
  /** Takes effect; undefined once it has. */
  effect: (() => void) | undefined;
  /** Before that it does not. */
  notBeforeMs: number;
  /** Tells the caller. */
  answer: () => void;
}

interface Alarm {
  readonly process: Process;
  readonly atMs: number;
  readonly work: () => void;
}

export class PortFailure extends Error {
  override readonly name = 'PortFailure';
}

/**
 * Where everything happens, one step at a time: calls of ports and timers of processes wait here until chance takes them.
 * One seed is one history. Between two steps every process has done all that it could without an answer.
 */
export class Stage {
  nowMs: number;
  weather: Weather = CALM;
  /** What happened, for people; kept only where somebody asks. */
  readonly history: string[] | undefined;
  /** Is told of what a call has thrown that no port would: a fault of what stands in for the outside. */
  onFault: (error: unknown) => void = () => undefined;
  /** What calls said that were made to fail. */
  private readonly said = new Set<string>();
  private calls: Call[] = [];
  private alarms: Alarm[] = [];

  constructor(
    readonly chance: Chance,
    { startMs, keepsHistory }: { readonly startMs: number; readonly keepsHistory: boolean },
  ) {
    this.nowMs = startMs;
    this.history = keepsHistory ? [] : undefined;
  }

  note(who: string, what: string): void {
    this.history?.push(`${String(this.nowMs).padStart(8)}  ${who.padEnd(12)} ${what}`);
  }

  process(name: string): Process {
    return { name, alive: true, frozenUntilMs: 0, skewMs: 0, ambush: undefined };
  }

  /** Calls that a process makes of a port whose effect is one moment. */
  transact(process: Process, port: string): Transact {
    return (name, work) => this.call(process, `${port}: ${name}`, work);
  }

  call<T>(process: Process, name: string, work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!process.alive) return promise;
    const isStuck = this.chance.happens(this.weather.isStuck * times(HEAVY, name));
    const notBeforeMs = isStuck ? this.nowMs + this.chance.below(STUCK_MS_MAX) : 0;
    const call: Call = { process, name, effect: undefined, notBeforeMs, answer: () => undefined };
    const fail = (): void => {
      const failure = new PortFailure(`${name} failed`);
      this.said.add(failure.message);
      reject(failure);
    };
    const settle = (fails: boolean, isAmbiguous: boolean): void => {
      call.answer = fail;
      if (fails) return;
      try {
        const result = work();
        if (isAmbiguous) return;
        call.answer = () => {
          resolve(result);
        };
      } catch (error) {
        if (!isTidemarkError(error)) this.onFault(error);
        call.answer = () => {
          reject(error instanceof Error ? error : new Error(String(error)));
        };
      }
    };
    call.effect = () => {
      const fails = this.chance.happens(this.weather.fails);
      const isAmbiguous = !fails && this.chance.happens(this.weather.isAmbiguous * times(CLIENT, name));
      if (fails || isAmbiguous) this.note(process.name, `${name} ${fails ? 'fails' : 'is done, and seems to fail'}`);
      settle(fails, isAmbiguous);
    };
    this.calls.push(call);
    return promise;
  }

  /** Whether a text ends with what a call has said that was made to fail. */
  hasSaid(text: string): boolean {
    return [...this.said].some((said) => text.endsWith(said));
  }

  timers(process: Process): Timers {
    return new StageTimers(this, process);
  }

  clock(process: Process): Clock {
    return new StageClock(this, process);
  }

  /** @returns what takes it back */
  alarm(process: Process, ms: number, work: () => void): () => void {
    const alarm: Alarm = { process, atMs: this.nowMs + Math.max(0, ms), work };
    if (process.alive) this.alarms.push(alarm);
    return () => {
      this.alarms = this.alarms.filter((other) => other !== alarm);
    };
  }

  /** The process is gone. What it has asked for may take effect all the same, where `inFlight` says so. */
  kill(process: Process, inFlight: boolean): void {
    process.alive = false;
    this.alarms = this.alarms.filter((alarm) => alarm.process !== process);
    this.calls = this.calls.filter((call) => call.process !== process || (inFlight && call.effect !== undefined));
  }

  /** One step; false where nothing is left to do before `untilMs`. */
  async step(untilMs: number): Promise<boolean> {
    const due = this.due();
    if (due.length > 0 && !this.chance.happens(this.weather.isSlow)) {
      const next = due[this.chance.below(due.length)];
      if (next !== undefined) this.happen(next);
      // Everything that was woken runs until it waits for the next answer. A turn of the event loop would do the same, and
      // take a tenth of all time.
      await new Promise<void>((resolve) => {
        process.nextTick(resolve);
      });
      return true;
    }
    const nextMs = this.nextAlarmMs();
    if (nextMs > untilMs && due.length === 0) {
      this.nowMs = untilMs;
      return false;
    }
    this.nowMs = Math.max(this.nowMs + 1, Math.min(nextMs, this.nowMs + 200, untilMs));
    return this.nowMs < untilMs || due.length > 0;
  }

  private due(): readonly (Call | Alarm)[] {
    const { nowMs } = this;
    const due: (Call | Alarm)[] = [];
    for (const call of this.calls) {
      const { process } = call;
      const hears = process.alive && process.frozenUntilMs <= nowMs;
      if (call.effect === undefined ? !hears : call.notBeforeMs > nowMs) continue;
      due.push(call);
    }
    for (const alarm of this.alarms) {
      if (alarm.atMs > nowMs || alarm.process.frozenUntilMs > nowMs) continue;
      due.push(alarm);
    }
    return due;
  }

  private happen(next: Call | Alarm): void {
    if (!('work' in next)) {
      this.take(next);
      return;
    }
    this.alarms = this.alarms.filter((other) => other !== next);
    next.work();
  }

  private take(call: Call): void {
    const { process, name, effect } = call;
    if (effect !== undefined) {
      if (this.isAmbushed(call)) return;
      call.effect = undefined;
      if (this.history !== undefined) this.note(process.name, process.alive ? name : `${name} (after its end)`);
      effect();
      if (!process.alive) this.calls = this.calls.filter((other) => other !== call);
      const hears = process.alive && process.frozenUntilMs <= this.nowMs;
      if (!hears || this.chance.happens(this.weather.answersLate)) return;
    }
    this.calls = this.calls.filter((other) => other !== call);
    call.answer();
  }

  /** Whether something happened to the process before this call of it could reach anybody. */
  private isAmbushed(call: Call): boolean {
    const { process } = call;
    const { ambush } = process;
    if (ambush === undefined || !process.alive) return false;
    ambush.left -= 1;
    if (ambush.left > 0) return false;
    process.ambush = undefined;
    ambush.happens();
    // It is on its way already, or it is not sent before the process goes on.
    if (process.alive && this.chance.happens(0.5)) call.notBeforeMs = process.frozenUntilMs;
    return !this.calls.includes(call) || call.notBeforeMs > this.nowMs;
  }

  private nextAlarmMs(): number {
    let nextMs = Infinity;
    for (const { atMs, process } of this.alarms) nextMs = Math.min(nextMs, Math.max(atMs, process.frozenUntilMs));
    for (const { process, effect, notBeforeMs } of this.calls) {
      if (effect !== undefined) nextMs = Math.min(nextMs, Math.max(notBeforeMs, this.nowMs));
      else if (process.alive) nextMs = Math.min(nextMs, process.frozenUntilMs);
    }
    return nextMs;
  }
}

class StageTimers extends Timers {
  constructor(
    private readonly stage: Stage,
    private readonly process: Process,
  ) {
    super();
  }

  override elapsedMs(): number {
    return this.stage.nowMs;
  }

  override after(ms: number, work: () => void): () => void {
    return this.stage.alarm(this.process, ms, work);
  }
}

class StageClock extends Clock {
  constructor(
    private readonly stage: Stage,
    private readonly process: Process,
  ) {
    super();
  }

  override nowMs(): number {
    return this.stage.nowMs + this.process.skewMs;
  }
}
