import type { ObjectGroup } from '@tidemark/domain';

/** `{tenant}/{job}/t{timeline}/b{batch}-e{epoch}-{uuid}`. */
const ATTEMPT = /^[^/]+\/[^/]+\/t\d+\/b\d+-e\d+-[^/]+(?=\/)/;

/** Objects of one attempt at a checkpoint belong together; of others, those of one folder. Pure. */
export function groupObjects(paths: readonly string[]): readonly ObjectGroup[] {
  const groups = Map.groupBy(paths, (path) => ATTEMPT.exec(path)?.[0] ?? path.slice(0, path.lastIndexOf('/')));
  return [...groups].map(([path, objects]) => ({ path, objects }));
}
