// The one place that knows how verdicts are asked for.
import { judgeState, logicChanges, NO_UPGRADE_OPTIONS } from '@tidemark/domain';

/**
 * @param {import('@tidemark/domain').BundleManifest} before
 * @param {import('@tidemark/domain').BundleManifest} after
 * @returns {{ verdicts: { [uid: string]: string }, reasons: { [uid: string]: string }, logic: { [uid: string]: string } }}
 */
export function compare(before, after, options = {}) {
  const verdicts = judgeState(before.shapes, after, { ...NO_UPGRADE_OPTIONS, ...options });
  return {
    verdicts: Object.fromEntries(verdicts.map(({ uid, verdict }) => [uid, verdict])),
    reasons: Object.fromEntries(verdicts.map(({ uid, reason }) => [uid, reason])),
    logic: logicChanges(before, after),
  };
}
