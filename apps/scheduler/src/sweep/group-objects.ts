import { attemptOf } from '@tidemark/checkpoint';
import type { ObjectGroup } from '@tidemark/domain';

/** Objects of one attempt at a checkpoint belong together; of others, those of one folder. Pure. */
export function groupObjects(paths: readonly string[]): readonly ObjectGroup[] {
  const groups = Map.groupBy(paths, (path) => attemptOf(path)?.folder ?? path.slice(0, path.lastIndexOf('/')));
  return [...groups].map(([path, objects]) => {
    const progress = attemptOf(path)?.progress;
    return { path, objects, ...(progress === undefined ? {} : { progress }) };
  });
}
