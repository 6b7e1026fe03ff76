import type { JoinType } from '@tidemark/streams';
import type { OperatorParts } from '../operator.js';
import type { Watermark } from '../watermark.js';

export interface JoinSettings {
  readonly type: JoinType;
  readonly rowsPerKeyMax?: number;
}

/** Unless the job says otherwise. */
export const ROWS_PER_KEY_MAX = 10_000;

/** Whether rows of the left and of the right side go on without a partner. */
export const isOuter = (type: JoinType): readonly [boolean, boolean] => [
  type === 'left' || type === 'full',
  type === 'right' || type === 'full',
];

export const sideOf = (port: number): 0 | 1 => (port === 0 ? 0 : 1);

/** The check of the definition has seen that there is one. */
export function watermarkOf({ watermark, node }: OperatorParts): Watermark {
  if (watermark === undefined) throw new TypeError(`the ${node.kind} has no event time`);
  return watermark;
}
