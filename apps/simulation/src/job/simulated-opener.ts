import type { ClaimedRun } from '@tidemark/domain';
import { JobOpener, type KillableGraph, type OpenedJob } from '@tidemark/runner/protocol';
import type { Process, Stage } from '../world/stage.js';
import { SimulatedSink, SimulatedSource, type Input, type Output } from './ends.js';
import { OPERATOR } from './records.js';
import { SummingGraph } from './summing-graph.js';

/** Opens the simulated job: its graph in this process, a source and an exactly-once sink whose contents are known. */
export class SimulatedOpener extends JobOpener {
  constructor(
    private readonly world: { readonly input: Input; readonly output: Output },
    private readonly stage: Stage,
    private readonly process: Process,
    private readonly onForeignState: (claimed: ClaimedRun, shape: string) => void,
  ) {
    super();
  }

  override open(claimed: ClaimedRun, onStarted: (graph: KillableGraph) => void): Promise<OpenedJob> {
    const { stage, process } = this;
    const { input, output } = this.world;
    return stage.call(process, 'open', () => {
      const shape = claimed.manifest.shapes[OPERATOR]?.kind ?? '';
      const graph = new SummingGraph(shape, (other) => {
        this.onForeignState(claimed, other);
      });
      onStarted(graph);
      const recordsMax = 1 + stage.chance.below(6);
      return {
        graph,
        sources: [new SimulatedSource(input, stage, process, recordsMax)],
        sinks: [new SimulatedSink(claimed.fence.jobId, output, stage, process)],
        close: () => Promise.resolve(),
      };
    });
  }
}
