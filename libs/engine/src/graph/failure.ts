import { explainUnavailable } from '../globals/unavailable.js';
import type { CheckedNode } from './checked-definition.js';

/** Where in the job something failed. Places are of the running code. */
export interface FailedOperator {
  readonly kind: string;
  readonly uid: string | undefined;
  readonly at: string;
}

/** A record, by its line in what its source contributed to the batch (from 0, blank lines counted). */
export interface LineRef {
  readonly source: string;
  readonly line: number;
}

/** A record that a batch set aside. */
export interface SetAsideLine extends LineRef {
  readonly reason: string;
  /** Whose code threw; undefined: the record could not be read. */
  readonly operator?: FailedOperator;
}

/** Why a batch failed, as data: it crosses from the isolate to the host. */
export type BatchFailure =
  | {
      readonly code: 'job_code_threw';
      readonly operator: FailedOperator;
      readonly reason: string;
      readonly stack: string | undefined;
      readonly record: LineRef | undefined;
    }
  | { readonly code: 'record_unreadable'; readonly record: LineRef; readonly reason: string }
  /** One more record would have had to be set aside, and that is too many. */
  | { readonly code: 'too_many_dead_letters'; readonly record: LineRef; readonly reason: string }
  | {
      readonly code: 'state_not_json';
      readonly operator: FailedOperator;
      readonly key: string;
      readonly path: string;
      readonly found: string;
    }
  | {
      readonly code: 'state_over_bound';
      readonly operator: FailedOperator;
      /** The bound in words, with its value: `rowsMax of 1000`. */
      readonly bound: string;
      /** The JSON text of the key that passed it. */
      readonly key: string;
    }
  | { readonly code: 'job_output_too_large'; readonly what: string; readonly bytes: number; readonly bytesMax: number };

/** What is being run at the moment; its owner is the program, operators write into it before they call the job's code. */
export interface Whereabouts {
  operator: CheckedNode | undefined;
  /** Tells the JSON text of the key, while the code of a keyed operator runs. */
  key: (() => string) | undefined;
  source: string | undefined;
  line: number;
}

/** Thrown by operators for what they find wrong themselves. */
export class OperatorFault extends Error {
  constructor(readonly failure: (where: Whereabouts) => BatchFailure) {
    super('operator fault');
  }
}

/** A mistake that only a look at the running job shows, named like an error that its code threw. */
export function misuse(reason: string): OperatorFault {
  return new OperatorFault((where) => threw(where, reason, undefined));
}

/** State that would pass its bound. @param bound in words, with its value: `rowsMax of 1000`. */
export function overBound(node: CheckedNode | undefined, bound: string, keyText: string): OperatorFault {
  return new OperatorFault((where) => ({
    code: 'state_over_bound',
    operator: operatorOf({ ...where, operator: node ?? where.operator }),
    bound,
    key: keyText.slice(0, 200),
  }));
}

/** What is known of anything that was thrown. It may be a trap: nothing that reading it throws gets out. */
export function failureOf(thrown: unknown, where: Whereabouts): BatchFailure {
  if (thrown instanceof OperatorFault) return thrown.failure(where);
  return threw(where, describe(thrown), stackOf(thrown));
}

export const TEXT_CHARS_MAX = 2_000;
const STACK_CHARS_MAX = 8_000;

function threw(where: Whereabouts, reason: string, stack: string | undefined): BatchFailure {
  const forKey = where.key === undefined ? '' : ` (key ${where.key().slice(0, 200)})`;
  return {
    code: 'job_code_threw',
    operator: operatorOf(where),
    reason: `${reason}${forKey}`,
    stack,
    record: where.source === undefined ? undefined : { source: where.source, line: where.line },
  };
}

export function operatorOf({ operator }: Whereabouts): FailedOperator {
  return { kind: operator?.kind ?? 'job', uid: operator?.uid, at: operator?.at ?? 'unknown' };
}

function describe(thrown: unknown): string {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { name, message } = thrown as { readonly name?: unknown; readonly message: unknown };
      const text = String(message);
      const said = typeof name === 'string' && name !== 'Error' ? `${name}: ${text}` : text;
      return explainUnavailable(said.slice(0, TEXT_CHARS_MAX));
    }
    return `threw ${String(thrown)}`.slice(0, TEXT_CHARS_MAX);
  } catch {
    return 'threw something that cannot be read';
  }
}

function stackOf(thrown: unknown): string | undefined {
  try {
    const stack: unknown = typeof thrown === 'object' && thrown !== null ? (thrown as Error).stack : undefined;
    return typeof stack === 'string' ? stack.slice(0, STACK_CHARS_MAX) : undefined;
  } catch {
    return undefined;
  }
}
