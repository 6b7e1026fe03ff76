// Services of another build beside those of an instance, on its database and queue, with the environment of theirs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Keeps so many services of a role running until it is closed. */
export class ExtraServices {
  /** By index: `{ id, pid, child }` of the process that is ready. */
  #ready = [];
  #children = new Set();
  #closed = false;

  constructor(build, role, count, environment) {
    this.command = [process.execPath, '--enable-source-maps', join(build, 'apps', role, 'dist', 'main.js')];
    this.environment = environment;
    this.role = role;
    for (let index = 0; index < count; index += 1) this.#start(index);
  }

  get running() {
    return this.#ready.filter((one) => one !== undefined);
  }

  async close() {
    this.#closed = true;
    const ends = [...this.#children].map(async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await gone;
      clearTimeout(timer);
    });
    await Promise.all(ends);
  }

  #start(index) {
    const [file, ...args] = this.command;
    const child = spawn(file, args, { env: this.environment, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.add(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = line.startsWith('{') ? JSON.parse(line).ready : undefined;
      if (ready !== undefined) this.#ready[index] = { role: this.role, id: ready.id, pid: child.pid, url: ready.url };
    });
    child.once('exit', () => {
      this.#children.delete(child);
      this.#ready[index] = undefined;
      if (!this.#closed) setTimeout(() => this.#closed || this.#start(index), 250);
    });
  }
}

/** What a running process was started with. */
export function environmentOf(pid) {
  const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return Object.fromEntries(
    entries
      .filter((entry) => entry.includes('='))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
