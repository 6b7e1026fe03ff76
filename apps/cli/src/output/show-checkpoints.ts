import type { Checkpoint } from '@tidemark/sdk';
import { table } from './table.js';

/** Checkpoints for people; what each is worth to a revision, where that was asked. */
export function showCheckpoints(checkpoints: readonly Checkpoint[]): readonly string[] {
  if (checkpoints.length === 0) return ['No checkpoints yet.'];
  const isJudged = checkpoints.some(({ fits }) => fits !== null);
  const rows = checkpoints.map((one) => [
    one.id,
    one.timeline,
    one.batchId,
    one.revision,
    one.status,
    one.stateRows,
    one.stateBytes,
    one.verifiedAt ?? '-',
    ...(isJudged ? [one.fits?.outcome ?? '-', about(one.fits)] : []),
  ]);
  const headings = ['CHECKPOINT', 'TIMELINE', 'BATCH', 'REVISION', 'STATUS', 'ROWS', 'BYTES', 'VERIFIED'];
  return table([...headings, ...(isJudged ? ['FITS', ''] : [])], rows);
}

/** Why it does not fit, else what becomes of the state that does not stay as it is. */
function about(fits: Checkpoint['fits']): string {
  if (fits === null || fits === undefined) return '';
  if (fits.reasons.length > 0) return fits.reasons.join('; ');
  const changed = fits.operators.filter(({ verdict }) => verdict !== 'as_is');
  return changed.map(({ uid, verdict }) => `${uid}: ${verdict}`).join(', ');
}
