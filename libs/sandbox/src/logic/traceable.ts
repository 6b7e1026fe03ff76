/** What a function does depends on something that the script does not show, for example on `this` of its surroundings. */
export class UntraceableError extends Error {
  override readonly name = 'UntraceableError';
}

/** Where the call stands that made an operator. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const isWithin = (inner: Range, { start, end }: Range): boolean => inner.start >= start && inner.end <= end;
