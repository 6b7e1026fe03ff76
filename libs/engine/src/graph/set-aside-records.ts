import type { SetAsideLine } from './failure.js';
import type { InputLines } from './input-lines.js';
import type { GraphOutput } from '../ports.js';
import { reasonOf, type Places } from './report-failure.js';

/** The records that a batch set aside, with what its input says of them; undefined if it names one that is not there. */
export function setAsideRecords(
  refs: readonly SetAsideLine[],
  { lines, places }: { readonly lines: ReadonlyMap<string, InputLines>; readonly places: Places },
): GraphOutput['setAside'] {
  const found: NonNullable<GraphOutput['setAside']>[number][] = [];
  for (const source of new Set(refs.map((ref) => ref.source))) {
    const ofSource = refs.filter((ref) => ref.source === source);
    const records = lines.get(source)?.recordsAt(ofSource.map(({ line }) => line));
    if (records === undefined) return undefined;
    for (const [index, ref] of ofSource.entries()) {
      const record = records[index];
      if (record === undefined) return undefined;
      const code = ref.operator === undefined ? 'record_unreadable' : 'job_code_threw';
      found.push({ source, ...record, code, reason: reasonOf(ref, places) });
    }
  }
  return found;
}
