import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, kill } from '@tidemark/e2e';

const EVERY_MS = 50;

/** Keeps processes frozen, also those that are started meanwhile in place of ones that have ended. */
export class Freezer {
  #pids = new Set();
  #released = false;
  #going;

  constructor(find) {
    this.#going = this.#freeze(find);
  }

  async release() {
    this.#released = true;
    await this.#going;
    for (const pid of this.#pids) kill(pid, 'SIGCONT');
  }

  async #freeze(find) {
    while (!this.#released) {
      for (const { pid } of await find()) {
        if (this.#pids.has(pid)) continue;
        for (const one of [pid, ...(await descendantsOf(pid))]) {
          kill(one, 'SIGSTOP');
          this.#pids.add(one);
        }
      }
      await sleep(EVERY_MS);
    }
  }
}
