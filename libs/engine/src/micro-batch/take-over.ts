import { own, type OperatorVerdict, type StateShape } from '@tidemark/domain';
import type { GraphRuntime, StoredForm } from '../ports.js';

/** What a checkpoint holds. */
export interface StoredState {
  readonly shapes: { readonly [uid: string]: StateShape };
  /** Blocks of the operator of this uid, in the order in which they are applied. */
  readonly blocks: (uid: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Gives a graph its state from a checkpoint, as the verdicts say: as it stands, under another uid, or converted.
 *
 * @returns whether the state is that of the checkpoint, so that what changes from now on can be written on top of it.
 */
export async function takeOver(
  graph: Pick<GraphRuntime, 'convert' | 'restore'>,
  stored: StoredState,
  verdicts: readonly OperatorVerdict[],
): Promise<{ readonly isUnchanged: boolean }> {
  for (const verdict of verdicts) {
    const { uid } = verdict;
    const from = ('from' in verdict ? verdict.from : undefined) ?? uid;
    if (!isKept(verdict)) continue;
    const form = formOf(verdict, own(stored.shapes, from));
    for await (const block of stored.blocks(from)) {
      await graph.restore(uid, form === undefined ? block : await graph.convert(uid, form, block));
    }
  }
  return { isUnchanged: verdicts.every(({ verdict }) => verdict === 'as_is' || verdict === 'new') };
}

const isKept = ({ verdict }: OperatorVerdict): boolean =>
  verdict === 'as_is' || verdict === 'evolve' || verdict === 'migrate' || verdict === 'renamed';

/** undefined where it is taken as it stands. */
function formOf(verdict: OperatorVerdict, shape: StateShape | undefined): StoredForm | undefined {
  if (verdict.verdict !== 'evolve' && verdict.verdict !== 'migrate') return undefined;
  const steps = verdict.verdict === 'migrate' ? verdict.steps : [];
  return shape?.schema === undefined ? { steps } : { schema: shape.schema, steps };
}
