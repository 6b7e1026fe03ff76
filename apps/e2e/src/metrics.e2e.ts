import { METRIC_ATTRIBUTES, METRICS, type MetricSpec } from '@tidemark/observability';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aHome, Instance, kill } from './instance.js';
import { bundleOf } from './job-bundles.js';
import { OtlpReceiver } from './otlp-receiver.js';
import { totalOf, type ReceivedPoint } from './received-metrics.js';
import { until } from './until.js';

const WAIT_MS_MAX = 30_000;
/** Of the tenant, and never to be seen in a metric. */
const NAME = 'a-name-of-the-tenants';

const catalogue: readonly MetricSpec[] = Object.values(METRICS);

describe('the metrics of a service', () => {
  let receiver: OtlpReceiver;
  let instance: Instance;
  let jobId: string;
  let dataHome: Awaited<ReturnType<typeof aHome>>;

  beforeAll(async () => {
    dataHome = await aHome();
    receiver = await OtlpReceiver.listen();
    instance = await Instance.start(dataHome.home, receiver.metricsEnvironment);
    const config = { checkpointIntervalMs: 400 };
    ({ id: jobId } = await instance.tidemark.jobs.submit({ name: NAME, bundle: await bundleOf('steady'), config }));
  });
  afterAll(async () => {
    await instance.stop();
    receiver.close();
    await dataHome.remove();
  });

  const total = (metric: string, attributes: ReceivedPoint['attributes'] = {}): number =>
    totalOf(receiver.points, metric, attributes);
  const untilTotal = (metric: string, attributes: ReceivedPoint['attributes'], isRight: (sum: number) => boolean) =>
    until(`${metric} is as it should be`, WAIT_MS_MAX, () =>
      Promise.resolve(isRight(total(metric, attributes)) ? true : undefined),
    );

  it('tell of a job that runs: its start, its batches, its checkpoints, and who has it', async () => {
    await untilTotal('tidemark.batch.committed', {}, (batches) => batches > 3);
    await untilTotal('tidemark.checkpoint.completed', {}, (checkpoints) => checkpoints > 1);
    await untilTotal('tidemark.record.read', {}, (records) => records > 3);
    await untilTotal('tidemark.job.count', { 'tidemark.job.status': 'running' }, (jobs) => jobs === 1);
    await untilTotal('tidemark.runner.job.count', {}, (jobs) => jobs === 1);

    expect(total('tidemark.run.scheduled', { 'tidemark.run.trigger': 'first_start' })).toBe(1);
    const start = { 'tidemark.run.trigger': 'first_start', 'tidemark.run.start_from': 'beginning' };
    expect(total('tidemark.run.claimed', start)).toBe(1);
    const request = { 'http.request.method': 'POST', 'http.route': '/v1/jobs', 'http.response.status_code': 201 };
    expect(total('http.server.request.duration', request)).toBe(1);
    for (const metric of ['tidemark.batch.duration', 'tidemark.checkpoint.duration', 'tidemark.checkpoint.size'])
      expect(total(metric)).toBeGreaterThan(0);
    expect(total('tidemark.checkpoint.unreadable')).toBe(0);
  });

  it('tell of a runner that is lost, and of where its job went on', async () => {
    kill((await instance.runnerOf(jobId)).pid, 'SIGKILL');

    const again = { 'tidemark.run.trigger': 'crash', 'tidemark.run.start_from': 'checkpoint' };
    await untilTotal('tidemark.run.claimed', again, (runs) => runs === 1);
    await untilTotal('tidemark.run.lost', { 'tidemark.job.status': 'scheduled' }, (runs) => runs === 1);
    await untilTotal('tidemark.run.scheduled', { 'tidemark.run.trigger': 'crash' }, (runs) => runs === 1);
    await untilTotal('tidemark.run.restore.duration', {}, (restored) => restored > 1);
  });

  it('tell how a run ended, and that nobody has the job then', async () => {
    await instance.tidemark.jobs.stop(jobId);

    await untilTotal('tidemark.run.ended', { 'tidemark.run.end': 'drained' }, (runs) => runs === 1);
    await untilTotal('tidemark.job.count', { 'tidemark.job.status': 'stopped' }, (jobs) => jobs === 1);
    expect(total('tidemark.job.count')).toBe(1);
  });

  it('are those of the catalogue, with values of its closed sets alone and nothing of a tenant', () => {
    expect(receiver.points.length).toBeGreaterThan(100);
    for (const { metric, unit, attributes, service } of receiver.points) {
      const spec = catalogue.find(({ name }) => name === metric);
      expect(spec, metric).toMatchObject({ unit });
      expect(spec?.of.split(' and ').map((role) => `tidemark-${role}`)).toContain(service);
      for (const [name, value] of Object.entries(attributes)) {
        const attribute = spec?.attributes.map((one) => METRIC_ATTRIBUTES[one]).find((one) => one.name === name);
        if (attribute === undefined) throw new Error(`${metric} has an attribute ${name}.`);
        if ('values' in attribute) expect(attribute.values).toContain(value);
      }
    }
    const sent = JSON.stringify(receiver.points);
    for (const secret of [NAME, jobId, instance.tenantKey, instance.adminKey, 'tnt_', 'job_', 'run_', 'counts'])
      expect(sent).not.toContain(secret);
  });
});
