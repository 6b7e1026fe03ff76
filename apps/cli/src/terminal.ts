/** What a command sees of the world outside. */
export interface Terminal {
  readonly cwd: string;
  readonly home: string;
  /** The clone of Tidemark that the command is part of. */
  readonly clone: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  out(line: string): void;
  err(line: string): void;
}

/** Something that whoever called the command can put right. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/**
 * 0: done. 1: the caller can put it right. 2: the service, or something on the way to it, did not do its part. 3: what was
 * deployed waits for a decision. `check` has codes of its own, to 3.
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** Ends the command with this code; what it has to say was said, or is that of its cause. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith';

  constructor(
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(`The command ends with ${exitCode}.`, options);
  }
}

/**
 * The text with control characters, and those that turn the direction of writing around, spelled out. Names and messages come from tenants' code; a terminal would obey what
 * is hidden in them.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const CONTROLS = new RegExp(String.raw`[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]`, 'g');
