import type { RunMessage, RunnerId } from '@tidemark/domain';
import { QUEUES } from '@tidemark/queue';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { RunJob } from '../run-batch/run-job.js';

/** Injection token of this process's id. */
export const RUNNER_ID = Symbol('RunnerId');

/** Where runs come in. The queue's place is held until the run is over. */
@Controller()
export class RunsController {
  constructor(
    private readonly runJob: RunJob,
    @Inject(RUNNER_ID) private readonly runnerId: RunnerId,
  ) {}

  @MessagePattern(QUEUES.runs.pattern)
  async start(@Payload() message: RunMessage): Promise<void> {
    await this.runJob.run(message, this.runnerId);
  }
}
