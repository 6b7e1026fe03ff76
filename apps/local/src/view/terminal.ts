import type { WriteStream } from 'node:tty';

const ESC = '\u001b[';
const ENTER = `${ESC}?1049h${ESC}?25l`;
const LEAVE = `${ESC}?25h${ESC}?1049l`;

/** A screen of its own on a terminal: what was there before comes back when it is left, also after a crash. */
export class Terminal {
  private entered = false;
  private readonly leaveAtExit = (): void => this.leave();

  constructor(private readonly out: WriteStream) {}

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: Math.max(20, this.out.columns), rows: Math.max(5, this.out.rows) };
  }

  draw(lines: readonly string[]): void {
    if (!this.entered) {
      this.entered = true;
      process.on('exit', this.leaveAtExit);
      this.out.write(ENTER);
    }
    // Each line is cleared behind its text and not before, so nothing flickers.
    const body = lines.map((line) => `${line}${ESC}K`).join('\r\n');
    this.out.write(`${ESC}H${body}${ESC}J`);
  }

  leave(): void {
    if (!this.entered) return;
    this.entered = false;
    process.off('exit', this.leaveAtExit);
    this.out.write(LEAVE);
  }
}
