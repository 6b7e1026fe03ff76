import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const BYTES_MAX = 8 * 1024 * 1024;

/** A log file that never takes more than twice its bound: when it is full it becomes `<path>.1`, over the one before. */
export class RotatingLog {
  private file: number;
  private bytes: number;

  constructor(
    readonly path: string,
    private readonly bytesMax = BYTES_MAX,
  ) {
    this.file = openSync(path, 'a', 0o600);
    this.bytes = fstatSync(this.file).size;
  }

  write(line: string): void {
    try {
      if (this.bytes > this.bytesMax) this.rotate();
      this.bytes += writeSync(this.file, `${line}\n`);
    } catch {
      // A log that cannot be written (a full disk) must not end what it tells about.
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private rotate(): void {
    closeSync(this.file);
    renameSync(this.path, `${this.path}.1`);
    this.file = openSync(this.path, 'a', 0o600);
    this.bytes = 0;
  }
}
