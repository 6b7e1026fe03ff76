// CPU time and memory of the process that a job's code runs in, from /proc. It is not told which process that is (each
// runner keeps a warm one besides), so all below the runners are watched, and the one that worked most is the job's.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_EVERY_MS = 50;
const SCRIPT = 'child.cjs';

export class SandboxMeter {
  /** By pid: `[{ atMs, cpuMs }]`, by the wall clock. */
  #samples = new Map();
  #peakRssBytes = new Map();
  #timer;
  #before;

  /** @param {readonly number[]} runnerPids */
  constructor(runnerPids) {
    // Work of earlier jobs is not this one's.
    this.#before = new Set(runnerPids.flatMap(sandboxesBelow).filter((pid) => cpuMsOf(pid) > BUSY_MS));
    this.#timer = setInterval(() => this.#sample(runnerPids), SAMPLE_EVERY_MS);
    this.#sample(runnerPids);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** CPU milliseconds of the job's sandbox between two moments, interpolated between samples. */
  cpuMsBetween(fromMs, toMs) {
    const samples = this.#ofTheJob().samples;
    return cpuMsAt(samples, toMs) - cpuMsAt(samples, fromMs);
  }

  get peakRssBytes() {
    return this.#peakRssBytes.get(this.#ofTheJob().pid) ?? 0;
  }

  #ofTheJob() {
    const all = [...this.#samples].map(([pid, samples]) => ({ pid, samples }));
    if (all.length === 0) throw new Error('No sandbox process was seen below the runners.');
    return all.reduce((most, one) => (one.samples.at(-1).cpuMs > most.samples.at(-1).cpuMs ? one : most));
  }

  #sample(runnerPids) {
    for (const pid of runnerPids.flatMap(sandboxesBelow)) {
      if (this.#before.has(pid)) continue;
      const cpuMs = cpuMsOf(pid);
      if (cpuMs === undefined) continue;
      const samples = this.#samples.get(pid) ?? [];
      samples.push({ atMs: Date.now(), cpuMs });
      this.#samples.set(pid, samples);
      const peak = peakRssBytesOf(pid);
      if (peak !== undefined) this.#peakRssBytes.set(pid, peak);
    }
  }
}

/** More than a process that waits for its job has used. */
const BUSY_MS = 1_000;
const TICK_MS = 1_000 / Number(execFileSync('getconf', ['CLK_TCK']));

function cpuMsAt(samples, atMs) {
  const next = samples.findIndex((sample) => sample.atMs >= atMs);
  if (next === -1) return samples.at(-1).cpuMs;
  if (next === 0) return samples[0].cpuMs;
  const [a, b] = [samples[next - 1], samples[next]];
  return a.cpuMs + ((b.cpuMs - a.cpuMs) * (atMs - a.atMs)) / (b.atMs - a.atMs);
}

function sandboxesBelow(pid) {
  return childrenOf(pid).flatMap((child) => [...(isSandbox(child) ? [child] : []), ...sandboxesBelow(child)]);
}

function childrenOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      (read(`/proc/${pid}/task/${thread}/children`) ?? '')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}

/** Node itself, not the programs that it is wrapped in. */
function isSandbox(pid) {
  const [program = '', ...args] = (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
  return /(^|\/)node$/.test(program) && args.some((arg) => arg.endsWith(SCRIPT));
}

/** User and system time of all of its threads. */
function cpuMsOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in brackets may hold anything; fields are counted from behind it, where the third one stands first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function peakRssBytesOf(pid) {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '') ?? [];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Undefined if the process is gone. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
