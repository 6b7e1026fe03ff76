import { existsSync, writeFileSync } from 'node:fs';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`);

/** Why clocks cannot be shifted here; undefined where they can. */
export const whyNoShiftedClocks = (): string | undefined =>
  LIBRARIES.some((path) => existsSync(path))
    ? undefined
    : 'libfaketime is not installed (Debian: apt-get install faketime)';

/**
 * A wall clock for child processes that is wrong by as much as `file` says, also while they run. What counts intervals
 * (`performance.now()`) stays right. Linux only.
 */
export class ShiftedClock {
  constructor(
    private readonly file: string,
    seconds = 0,
  ) {
    this.shift(seconds);
  }

  /** To be added to the environment of a child process. */
  get environment(): { readonly [name: string]: string } {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (library === undefined) throw new Error(whyNoShiftedClocks());
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** From now on the clock is `seconds` ahead of the right time, or behind it. */
  shift(seconds: number): void {
    writeFileSync(this.file, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  }
}
