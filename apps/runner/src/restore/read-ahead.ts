import { readCheckpoint, type ObjectStore, type ReadCheckpoint } from '@tidemark/checkpoint';
import type { ClaimedRun } from '@tidemark/domain';

/**
 * Begins to read the checkpoint that a run starts from, for whoever still waits for the run's sandbox.
 *
 * @returns what gives it out, once; undefined if the run starts from none. Why one cannot be read is told to whoever waits
 *     for it, if anybody does.
 */
export function readAhead(
  { decision, checkpoint }: Pick<ClaimedRun, 'decision' | 'checkpoint'>,
  objects: ObjectStore,
): () => Promise<ReadCheckpoint> | undefined {
  if (decision.verdict.outcome !== 'start' || checkpoint?.manifestSha256 === undefined) return () => undefined;
  const { path, manifestSha256, shapes } = checkpoint;
  let reading: Promise<ReadCheckpoint> | undefined = readCheckpoint(objects, path, manifestSha256).then((read) => {
    const [first] = Object.keys(shapes);
    // Files lie compressed: the first one is made ready, too.
    let begun = first === undefined ? undefined : oneAhead(read.blocks(first));
    const blocks = (uid: string): AsyncIterable<Uint8Array> => {
      const ready = uid === first ? begun : undefined;
      if (ready !== undefined) begun = undefined;
      return ready ?? oneAhead(read.blocks(uid));
    };
    return { ...read, blocks };
  });
  reading.catch(() => undefined);
  return () => {
    const taken = reading;
    reading = undefined;
    return taken;
  };
}

/** Makes the next one ready while one is used. What is wrong with it is told when its turn has come. */
export function oneAhead<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  const take = (): Promise<IteratorResult<T>> => {
    const next = iterator.next();
    next.catch(() => undefined);
    return next;
  };
  let next = take();
  return (async function* () {
    for (let taken = await next; taken.done !== true; taken = await next) {
      next = take();
      yield taken.value;
    }
  })();
}
