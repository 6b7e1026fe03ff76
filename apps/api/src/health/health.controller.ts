import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RunnerDirectory } from '@tidemark/domain';
import type { FastifyReply } from 'fastify';
import { BundleInspector } from '../submit/bundle-inspector.js';
import { Operation } from '../transport/operation.js';
import { Shown, shownType } from '../transport/shown.js';

const PING_MS = 2_000;

class LiveAnswer {
  @Shown('The process answers.', ['ok'])
  readonly status!: 'ok';
}
shownType('Live', LiveAnswer);

class SandboxAnswer {
  @Shown("`required` refuses tenants' code unless nothing is missing.", ['required', 'auto'])
  readonly mode!: 'required' | 'auto';

  @Shown('Layers of the sandbox that are not in force on this machine.', 'strings')
  readonly missing!: readonly string[];
}
shownType('SandboxHealth', SandboxAnswer);

class HealthAnswer {
  @Shown('`degraded`: it works, with less protection than it should.', ['ok', 'degraded', 'unavailable'])
  readonly status!: 'ok' | 'degraded' | 'unavailable';

  @Shown('Whether Postgres answers.', ['ok', 'unreachable'])
  readonly database!: 'ok' | 'unreachable';

  @Shown("The sandbox in which bundles' definitions are run.", SandboxAnswer)
  readonly sandbox!: SandboxAnswer;
}
shownType('Health', HealthAnswer);

@ApiTags('health')
@Controller('v1/health')
export class HealthController {
  constructor(
    private readonly directory: RunnerDirectory,
    private readonly inspector: BundleInspector,
  ) {}

  @Get()
  @Operation({
    id: 'getHealth',
    summary: 'Says whether the service can work',
    needs: 'no_key',
    answer: HealthAnswer,
    answerWhenUnavailable: HealthAnswer,
  })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthAnswer> {
    const { mode, missing } = this.inspector.sandbox();
    const database = await this.pingDatabase();
    if (database === 'unreachable') void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    const working = missing.length === 0 ? 'ok' : 'degraded';
    return { status: database === 'ok' ? working : 'unavailable', database, sandbox: { mode, missing } };
  }

  @Get('live')
  @Operation({ id: 'getLiveness', summary: 'Says that the process answers', needs: 'no_key', answer: LiveAnswer })
  live(): LiveAnswer {
    return { status: 'ok' };
  }

  private async pingDatabase(): Promise<HealthAnswer['database']> {
    const enough = new AbortController();
    const late = delay(PING_MS, 'unreachable' as const, { signal: enough.signal }).catch(() => 'unreachable' as const);
    const pinged = this.directory.ping().then(
      () => 'ok' as const,
      () => 'unreachable' as const,
    );
    try {
      return await Promise.race([pinged, late]);
    } finally {
      enough.abort();
    }
  }
}
