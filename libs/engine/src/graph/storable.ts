/** Deeper JSON than any options need; some databases and checks walk it by recursion. */
const DEPTH_MAX = 50;

/** Whether JSON from foreign code can be kept in a database: no NUL, no half of a surrogate pair, no endless depth. */
export function isStorable(json: unknown, depthMax = DEPTH_MAX): boolean {
  if (typeof json === 'string') return !json.includes('\0') && json.isWellFormed();
  if (typeof json !== 'object' || json === null) return true;
  if (depthMax === 0) return false;
  return Object.entries(json).every(([name, member]) => isStorable(name) && isStorable(member, depthMax - 1));
}
