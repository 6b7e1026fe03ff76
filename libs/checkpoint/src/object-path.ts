import { TidemarkError } from '@tidemark/domain';

const SEGMENT = /^[A-Za-z0-9._-]{1,200}$/;
const PATH_LENGTH_MAX = 800;

/** Whether `text` may be one segment of an object path. */
export function isObjectSegment(text: string): boolean {
  return SEGMENT.test(text) && text !== '.' && text !== '..';
}

/** The segments of an object path. Throws `object_path_refused`; every store calls this before it touches anything. */
export function objectSegments(path: string): readonly string[] {
  const segments = path.split('/');
  const wrong = segments.find((segment) => !isObjectSegment(segment));
  if (wrong !== undefined)
    throw new TidemarkError('object_path_refused', { path, reason: `"${wrong}" may not be a segment` });
  if (path.length > PATH_LENGTH_MAX) {
    throw new TidemarkError('object_path_refused', {
      path: `${path.slice(0, 80)}…`,
      reason: `it is longer than ${PATH_LENGTH_MAX} characters`,
    });
  }
  return segments;
}
