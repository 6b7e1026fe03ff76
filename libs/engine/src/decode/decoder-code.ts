/** Source text of a decoder, to be put into a generated loop over the lines of a batch. */
export interface DecoderCode {
  /** Declarations, once before the loop. Every name but `st` begins with `d$`. */
  readonly locals: string;
  /** Statements that read the line at `p`. */
  readonly decodeLine: string;
  /** How the loop's other code sees a member after `decodeLine`, while `st` is 0. */
  field(name: string): FieldCode;
  /** An expression: a new object of all declared members in the schema's order, without those that are missing. */
  readonly object: string;
  /**
   * The locals in which a member lies, for a loop that reads several lines before it looks at the first. Undefined for an
   * object: those are too many.
   */
  saved(name: string): readonly SavedLocal[] | undefined;
  /** What the code refers to as `K[i]`. Belongs to one loop: keys learn the order of members. */
  readonly constants: readonly unknown[];
}

export interface SavedLocal {
  readonly name: string;
  readonly kind: 'number' | 'integer' | 'boolean' | 'value';
  /** An expression over locals that stand before it: only then it has to be kept. */
  readonly when?: string;
}

/**
 * `code` is an expression for the member's value. That of a string makes the string; where `text` is given, one of more
 * than 12 characters is a slice that keeps the whole `text` alive, so copy what outlives the batch.
 */
export type FieldCode =
  | { readonly kind: 'number' | 'boolean'; readonly code: string }
  /** The value is undefined if the member is missing. */
  | { readonly kind: 'json'; readonly code: string }
  | StringFieldCode;

export interface StringFieldCode {
  readonly kind: 'string';
  readonly code: string;
  /** Names of locals: where the content between the quotes lies in `buf`. If `start` is below 0, it is in `text`. */
  readonly start: string;
  readonly end: string;
  /** Name of a local: the string, but only if `start` is below 0. */
  readonly text: string;
  /** Name of a local: the bytes are ASCII without an escape, and so the string itself. */
  readonly plain: string;
}

/** The constants of one piece of generated code. */
export class Constants {
  readonly values: unknown[] = [];
  private readonly declarations: string[] = [];

  /** @returns the name of a local that holds `value`. */
  add(value: unknown): string {
    const index = this.values.push(value) - 1;
    this.declarations.push(`const d$k${index} = K[${index}];`);
    return `d$k${index}`;
  }

  /** To stand before the code that uses them. */
  get locals(): string {
    return this.declarations.join('\n');
  }
}
