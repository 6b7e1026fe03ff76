import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
import { until } from './until.js';

const WAIT_MS_MAX = 20_000;
/** Where exporters send to when nobody says where. */
const STANDARD_PORT = 4318;

const BY_SERVICE = {
  'tidemark.submit': 'tidemark-api',
  'tidemark.schedule': 'tidemark-scheduler',
  'tidemark.claim': 'tidemark-runner',
  'tidemark.restore': 'tidemark-runner',
  'tidemark.batch': 'tidemark-runner',
  'tidemark.checkpoint': 'tidemark-runner',
} as const;

let dataHome: Awaited<ReturnType<typeof aHome>>;
beforeEach(async () => {
  dataHome = await aHome();
});
afterEach(() => dataHome.remove());

describe('the trace of a job', () => {
  it('goes on from the request through every process, and through the loss of a runner', async () => {
    const receiver = await OtlpReceiver.listen();
    const instance = await Instance.start(dataHome.home, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
    try {
      const request = aTrace();
      const jobId = await submitSteady(instance, request.traceparent);

      const spans = await untilNamed(receiver, Object.keys(BY_SERVICE));
      expect(spans.map(({ name, service }) => `${name} of ${service}`).sort()).toEqual(
        Object.entries(BY_SERVICE)
          .map(([name, service]) => `${name} of ${service}`)
          .sort(),
      );
      expect(spans.map(({ traceId }) => traceId)).toEqual(spans.map(() => request.traceId));
      const submit = spans.find(({ name }) => name === 'tidemark.submit');
      expect(submit?.parentSpanId).toBe(request.spanId);
      const later = spans.filter((span) => span !== submit);
      expect(later.map(({ parentSpanId }) => parentSpanId)).toEqual(later.map(() => submit?.spanId));

      receiver.spans.length = 0;
      kill((await instance.runnerOf(jobId)).pid, 'SIGKILL');
      const again = await untilNamed(receiver, ['tidemark.schedule', 'tidemark.claim', 'tidemark.restore']);
      expect(again.map(({ parentSpanId }) => parentSpanId)).toEqual(again.map(() => submit?.spanId));
    } finally {
      await instance.stop();
      receiver.close();
    }
  });

  it('is sent nowhere when no variable says where, the standard port included', async (test) => {
    // Skipped: where a collector of this machine has the port, what it gets cannot be seen.
    const receiver = await OtlpReceiver.listen(STANDARD_PORT).catch(() => test.skip('the standard port is taken'));
    const instance = await Instance.start(dataHome.home, { OTEL_BSP_SCHEDULE_DELAY: '100' });
    try {
      await submitSteady(instance, aTrace().traceparent);
    } finally {
      // What waits to be sent is sent at the end.
      await instance.stop();
      receiver.close();
    }
    expect([receiver.spans, receiver.points]).toEqual([[], []]);
  });
});

function aTrace(): { readonly traceparent: string; readonly traceId: string; readonly spanId: string } {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceparent: `00-${traceId}-${spanId}-01`, traceId, spanId };
}

/** Submits a job that checkpoints often, in the given trace, and waits for its first checkpoint. */
async function submitSteady({ apiUrl, tenantKey, tidemark }: Instance, traceparent: string): Promise<string> {
  const { code, sourceMap } = await bundleOf('steady');
  const answer = await fetch(`${apiUrl}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenantKey}`, 'content-type': 'application/json', traceparent },
    body: JSON.stringify({ bundle: { code, sourceMap }, config: { checkpointIntervalMs: 400 } }),
  });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as { readonly id: string };
  await until('the job has a checkpoint', WAIT_MS_MAX, async () => {
    const { items } = await tidemark.jobs.checkpoints(id, { limit: 1 });
    return items.find(({ status }) => status === 'complete');
  });
  return id;
}

/** The first span of each of these names, once all are there. */
const untilNamed = ({ spans }: OtlpReceiver, names: readonly string[]): Promise<readonly ReceivedSpan[]> =>
  until(`there are spans named ${names.join(', ')}`, WAIT_MS_MAX, () => {
    const found = names.map((name) => spans.find((span) => span.name === name));
    return Promise.resolve(found.every((span) => span !== undefined) ? found : undefined);
  });
