import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const BYTES_MAX = 8 * 1024 * 1024;

/** A log file that never takes more than twice its bound: when it is full it becomes `<path>.1`, over the one before. */
export class RotatingLog {
  /** Undefined once closed: its number may be another file's by then. */
  private file: number | undefined;
  private bytes: number;

  constructor(
    readonly path: string,
    private readonly bytesMax = BYTES_MAX,
  ) {
    this.file = openSync(path, 'a', 0o600);
    this.bytes = fstatSync(this.file).size;
  }

  write(line: string): void {
    if (this.file === undefined) return;
    try {
      if (this.bytes > this.bytesMax) this.file = this.rotate(this.file);
      this.bytes += writeSync(this.file, `${line}\n`);
    } catch {
      // A log that cannot be written (a full disk) must not end what it tells about.
    }
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private rotate(full: number): number {
    renameSync(this.path, `${this.path}.1`);
    const next = openSync(this.path, 'a', 0o600);
    closeSync(full);
    this.bytes = 0;
    return next;
  }
}
