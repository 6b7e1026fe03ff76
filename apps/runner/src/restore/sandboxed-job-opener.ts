import { ObjectStore } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import { Connections, EgressPolicy, type ConnectorContext } from '@tidemark/connectors';
import { RunStore, type ClaimedRun } from '@tidemark/domain';
import { SandboxHost } from '@tidemark/sandbox';
import { Inject, Injectable } from '@nestjs/common';
import { RUNNER_CONFIG } from '../config.js';
import { JobOpener, type KillableGraph, type OpenedJob } from './job-opener.js';
import { openJob } from './open-job.js';

/** The job's graph in a sandbox process, and the connectors that its definition names. */
@Injectable()
export class SandboxedJobOpener extends JobOpener {
  constructor(
    private readonly runs: RunStore,
    private readonly objects: ObjectStore,
    private readonly sandbox: SandboxHost,
    private readonly connections: Connections,
    private readonly egress: EgressPolicy,
    @Inject(RUNNER_CONFIG) private readonly config: RunnerConfig,
  ) {
    super();
  }

  override open(claimed: ClaimedRun, onStarted: (graph: KillableGraph) => void): Promise<OpenedJob> {
    const { sandbox, objects } = this;
    const context = this.contextOf(claimed);
    return openJob(claimed, { sandbox, objects, context, scratch: this.config.scratch, onStarted });
  }

  private contextOf({ fence, tenantName }: ClaimedRun): ConnectorContext {
    const { tenantId, jobId, epoch } = fence;
    return {
      tenantId,
      tenantName,
      jobId,
      epoch,
      filesRoot: this.config.filesRoot,
      objects: this.objects,
      connections: this.connections,
      egress: this.egress,
      log: ({ sink, timeline, batchId, ...entry }) =>
        this.runs.appendEvents(fence, [
          { type: 'log', data: { sink, timeline, batchId, ...entry }, dedupKey: `log/${timeline}/${batchId}/${sink}` },
        ]),
    };
  }
}
