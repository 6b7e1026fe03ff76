import type { BundleManifest } from '../bundle/bundle.js';
import { own } from '../own.js';

/** Whether a node does the same in two bundles; `unknown` if one does not say what it does, or the two say it differently. */
export type LogicChange = 'same' | 'changed' | 'unknown';

/**
 * Holds the logic of the nodes that two bundles have in common against each other, by uid. Says nothing of state: state of
 * one shape is taken over also by an operator that goes on differently.
 */
export function logicChanges(
  before: Pick<BundleManifest, 'nodes' | 'logic'>,
  after: Pick<BundleManifest, 'nodes' | 'logic'>,
): { readonly [uid: string]: LogicChange } {
  const had = new Set(before.nodes.map(({ uid }) => uid));
  const common = after.nodes.flatMap(({ uid }) => (uid !== undefined && had.has(uid) ? [uid] : []));
  return Object.fromEntries(common.sort().map((uid) => [uid, changeOf(hashOf(before, uid), hashOf(after, uid))]));
}

const hashOf = ({ logic }: Pick<BundleManifest, 'logic'>, uid: string): string | undefined =>
  logic === undefined ? undefined : own(logic, uid);

function changeOf(before: string | undefined, after: string | undefined): LogicChange {
  if (before === undefined || after === undefined || versionOf(before) !== versionOf(after)) return 'unknown';
  return before === after ? 'same' : 'changed';
}

const versionOf = (hash: string): string => hash.slice(0, hash.indexOf(':'));
