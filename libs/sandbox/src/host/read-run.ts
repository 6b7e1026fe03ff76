import { TidemarkError, type BundleManifest } from '@tidemark/domain';
import { printable, setAsideRecords, type GraphOutput, type InputLines, type Places } from '@tidemark/engine';
import { setAsideFromWire, type ReplyOf } from '../messages.js';

/** The records that a batch says it has set aside; undefined if it cannot be so. */
export function readSetAside(
  { setAside = [], recordsIn }: ReplyOf<'done'>,
  job: {
    readonly lines: ReadonlyMap<string, InputLines>;
    readonly places: Places;
    readonly manifest: Pick<BundleManifest, 'poison' | 'nodes'>;
  },
): GraphOutput['setAside'] {
  if (setAside.length === 0) return [];
  const { poison, nodes } = job.manifest;
  const isSource = (name: string): boolean => nodes.some(({ kind, uid }) => kind === 'source' && uid === name);
  const { lines, places } = job;
  const canBe = ({ source, line, operator }: (typeof setAside)[number]): boolean =>
    isSource(source) &&
    (poison === 'dead_letter' ||
      (poison === 'skip' && operator === undefined && line < (lines.get(source)?.readAgain ?? 0)));
  if (setAside.length > recordsIn || !setAside.every(canBe)) return undefined;
  return setAsideRecords(setAside.map(setAsideFromWire), { lines, places });
}

/** Thrown past the engine: no operator is known. */
export const threwOutside = ({ reason, stack }: ReplyOf<'threw'>, places: Places): TidemarkError =>
  new TidemarkError('job_code_threw', {
    reason: printable(reason),
    operator: 'the job',
    at: (stack === undefined ? undefined : places.firstPlace(stack)) ?? 'unknown',
    ...(stack === undefined ? {} : { stack: places.stack(stack) }),
  });
