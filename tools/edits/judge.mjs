// Whether what a comparison says is what a case expects.

/**
 * @param {import('./cases.mjs').Expected} expected
 * @param {{ verdicts: { [uid: string]: string }, reasons: { [uid: string]: string }, logic: { [uid: string]: string } }} found
 * @returns {string[]} what is wrong, a line each
 */
export function judge({ label, verdicts, logic = [] }, found) {
  const problems = [];
  for (const uid of [...new Set([...Object.keys(verdicts), ...Object.keys(found.verdicts)])].sort()) {
    const [wanted, got] = [verdicts[uid], found.verdicts[uid]];
    const reason = found.reasons[uid] === undefined ? '' : ` (${found.reasons[uid]})`;
    if (wanted !== got) problems.push(`"${uid}" should be ${wanted ?? 'absent'} and is ${got ?? 'absent'}${reason}`);
  }
  const labelledAsIs = Object.values(verdicts).every((verdict) => verdict === 'as_is');
  if (labelledAsIs !== (label !== 'shape')) problems.push(`its verdicts do not belong to a ${label} edit`);
  if (label === 'cosmetic' && logic.length > 0) problems.push('a cosmetic edit names a change of logic');
  if (label === 'logic' && logic.length === 0) problems.push('a logic edit names no change of logic');
  // With a shape changes what is done with it, or not.
  if (label === 'shape' && logic.length === 0) return problems;
  for (const [uid, change] of Object.entries(found.logic)) {
    const wanted = logic.includes(uid) ? 'changed' : 'same';
    if (change !== wanted) problems.push(`the logic of "${uid}" should be ${wanted} and is ${change}`);
  }
  for (const uid of logic) if (!(uid in found.logic)) problems.push(`"${uid}" is not in both`);
  return problems;
}
