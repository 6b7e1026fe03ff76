import type { ReadCheckpoint } from '@tidemark/checkpoint';
import type { ClaimedRun } from '@tidemark/domain';
import type { GraphRuntime, Sink, Source } from '@tidemark/engine';

/** A job's graph, with the way to end it at once, whatever it does. */
export type KillableGraph = GraphRuntime & { kill(): void };

/** What a run holds open while it lives. */
export interface OpenedJob {
  readonly graph: KillableGraph;
  readonly sources: readonly Source[];
  readonly sinks: readonly Sink[];
  /**
   * The checkpoint that the run starts from, where it was begun to be read while the rest was opened. Given out once:
   * it holds the stored bytes of the whole state.
   */
  takeCheckpoint?(): Promise<ReadCheckpoint> | undefined;
  close(): Promise<void>;
}

/** Opens what a run works with. */
export abstract class JobOpener {
  /** `onStarted` gets the graph as soon as it lives, while a source or a sink may still be on its way. */
  abstract open(claimed: ClaimedRun, onStarted: (graph: KillableGraph) => void): Promise<OpenedJob>;
}
