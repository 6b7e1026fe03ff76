import { SET_ASIDE_PER_BATCH_MAX, TidemarkError } from '@tidemark/domain';
import type { DefinitionProblem } from './check-definition.js';
import type { BatchFailure, FailedOperator, LineRef, SetAsideLine } from './failure.js';
import type { InputLines } from './input-lines.js';
import { printable } from './printable.js';

/** What it takes to say where something happened in the user's terms. */
export interface Places {
  /** From a place in the running code, `bundle.js:1:234`, to one in the source. */
  readonly place: (at: string) => string;
  /** A stack trace with every place in it led back to the source. */
  readonly stack: (stack: string) => string;
  /** The first place of a stack that lies in the job's own code. */
  readonly firstPlace: (stack: string) => string | undefined;
}

/** Places as they are, for code that runs where it was written. */
export const PLACES_AS_THEY_ARE: Places = { place: (at) => at, stack: (stack) => stack, firstPlace: () => undefined };

export function reportProblem({ code, params }: DefinitionProblem, { place }: Places): TidemarkError {
  switch (code) {
    case 'bundle_defines_no_job':
      return new TidemarkError(code, { reason: printable(params.reason) });
    case 'graph_uid_missing':
      return new TidemarkError(code, { kind: printable(params.kind), at: place(params.at) });
    case 'graph_uid_twice': {
      const { uid, at, firstAt } = params;
      return new TidemarkError(code, { uid: printable(uid), at: place(at), firstAt: place(firstAt) });
    }
    case 'graph_has_cycle': {
      const through = params.through.map((name) => printable(name));
      return new TidemarkError(code, { through, at: place(params.at) });
    }
    case 'graph_invalid':
      return new TidemarkError(code, { reason: printable(params.reason), at: place(params.at) });
  }
}

/** @param lines the input of the batch that failed, by source uid. */
export function reportFailure(
  failure: BatchFailure,
  {
    lines,
    places,
    batchId,
  }: { readonly lines: ReadonlyMap<string, InputLines>; readonly places: Places; readonly batchId: number },
): TidemarkError {
  switch (failure.code) {
    case 'job_code_threw':
      return threw(failure, { lines, places });
    case 'record_unreadable': {
      const { partition, offset } = positionOf(failure.record, lines);
      return new TidemarkError('record_unreadable', {
        source: failure.record.source,
        partition,
        offset,
        reason: printable(failure.reason),
      });
    }
    case 'too_many_dead_letters':
      return tooManyLetters(failure, { lines, batchId });
    case 'state_not_json': {
      const { operator, key, path, found } = failure;
      return new TidemarkError('state_not_json', {
        operator: operator.uid === undefined ? nameOf(operator, places) : printable(operator.uid),
        key: printable(key),
        path: printable(path),
        found: printable(found),
      });
    }
    case 'state_over_bound': {
      const { operator, key, bound } = failure;
      return new TidemarkError('state_over_bound', {
        operator: operator.uid === undefined ? nameOf(operator, places) : printable(operator.uid),
        bound: printable(bound),
        key: printable(key),
      });
    }
    case 'job_output_too_large':
      return new TidemarkError('job_output_too_large', {
        what: printable(failure.what),
        bytes: failure.bytes,
        bytesMax: failure.bytesMax,
      });
  }
}

type Failed<Code extends BatchFailure['code']> = Extract<BatchFailure, { readonly code: Code }>;

function threw(
  { operator, reason, stack, record }: Failed<'job_code_threw'>,
  { lines, places }: { readonly lines: ReadonlyMap<string, InputLines>; readonly places: Places },
): TidemarkError {
  const at = (stack === undefined ? undefined : places.firstPlace(stack)) ?? places.place(operator.at);
  return new TidemarkError('job_code_threw', {
    reason: printable(reason),
    operator: nameOf(operator, places),
    at,
    ...(record === undefined ? {} : namedRecord(record, lines)),
    ...(stack === undefined ? {} : { stack: places.stack(stack) }),
  });
}

function tooManyLetters(
  { record, reason }: Failed<'too_many_dead_letters'>,
  { lines, batchId }: { readonly lines: ReadonlyMap<string, InputLines>; readonly batchId: number },
): TidemarkError {
  const bound = `${SET_ASIDE_PER_BATCH_MAX} dead letters of one batch`;
  const last = `${nameOfRecord(record, lines)}: ${printable(reason)}`;
  return new TidemarkError('too_many_dead_letters', { batchId, bound, last });
}

export function positionOf(
  { source, line }: LineRef,
  lines: ReadonlyMap<string, InputLines>,
): { readonly partition: string; readonly offset: number; readonly timeline?: number } {
  return lines.get(source)?.positionOf(line) ?? { partition: 'unknown', offset: line };
}

/** What is wrong with a record that was set aside, in words. */
export function reasonOf({ reason, operator }: SetAsideLine, places: Places): string {
  if (operator === undefined) return printable(reason);
  return `${printable(reason)} (thrown in ${nameOf(operator, places)} at ${places.place(operator.at)})`;
}

function namedRecord(record: LineRef, lines: ReadonlyMap<string, InputLines>) {
  return { record: nameOfRecord(record, lines), position: { source: record.source, ...positionOf(record, lines) } };
}

function nameOf({ kind, uid, at }: FailedOperator, { place }: Places): string {
  return uid === undefined ? `${printable(kind)} (${place(at)})` : printable(`${kind} "${uid}"`);
}

function nameOfRecord(record: LineRef, lines: ReadonlyMap<string, InputLines>): string {
  const { partition, offset } = positionOf(record, lines);
  return `${record.source}/${partition}@${offset}`;
}
