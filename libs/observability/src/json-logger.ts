import type { LoggerService } from '@nestjs/common';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** One JSON object a line on stderr: stdout belongs to the line that says that the process is ready. */
export class JsonLogger implements LoggerService {
  constructor(
    private readonly role: string,
    private readonly least: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line),
  ) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    this.line('info', message, rest);
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.line('warn', message, rest);
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.line('error', message, rest);
  }

  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.line('debug', message, rest);
  }

  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.line('debug', message, rest);
  }

  /** Nest passes the name of the class that speaks, and for errors a stack before it, as further arguments. */
  private line(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.least)) return;
    const fields = rest.find((value) => typeof value === 'object' && value !== null && !(value instanceof Error));
    const details = rest.filter((value) => typeof value === 'string');
    this.write(
      `${JSON.stringify({
        at: new Date().toISOString(),
        level,
        role: this.role,
        message: message instanceof Error ? message.message : message,
        ...(message instanceof Error ? { stack: message.stack } : {}),
        ...(details.length === 0 ? {} : { details }),
        ...(fields === undefined ? {} : fields),
      })}\n`,
    );
  }
}
