import { TidemarkError } from '@tidemark/domain';
import type { DefinitionProblem } from './check-definition.js';
import type { BatchFailure, FailedOperator, LineRef } from './failure.js';
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
  { lines, places }: { readonly lines: ReadonlyMap<string, InputLines>; readonly places: Places },
): TidemarkError {
  switch (failure.code) {
    case 'job_code_threw': {
      const { operator, reason, stack, record } = failure;
      const at = (stack === undefined ? undefined : places.firstPlace(stack)) ?? places.place(operator.at);
      return new TidemarkError('job_code_threw', {
        reason: printable(reason),
        operator: nameOf(operator, places),
        at,
        ...(record === undefined ? {} : { record: nameOfRecord(record, lines) }),
        ...(stack === undefined ? {} : { stack: places.stack(stack) }),
      });
    }
    case 'record_unreadable': {
      const { partition, offset } = positionOf(failure.record, lines);
      return new TidemarkError('record_unreadable', {
        source: failure.record.source,
        partition,
        offset,
        reason: printable(failure.reason),
      });
    }
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

export function positionOf(
  { source, line }: LineRef,
  lines: ReadonlyMap<string, InputLines>,
): { readonly partition: string; readonly offset: number } {
  return lines.get(source)?.positionOf(line) ?? { partition: 'unknown', offset: line };
}

function nameOf({ kind, uid, at }: FailedOperator, { place }: Places): string {
  return uid === undefined ? `${printable(kind)} (${place(at)})` : printable(`${kind} "${uid}"`);
}

function nameOfRecord(record: LineRef, lines: ReadonlyMap<string, InputLines>): string {
  const { partition, offset } = positionOf(record, lines);
  return `${record.source}/${partition}@${offset}`;
}
