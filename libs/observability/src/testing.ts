import { metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { MetricSpec } from './metric-catalogue.js';

/** One time series as a collector would get it. */
export interface RecordedSeries {
  readonly attributes: { readonly [name: string]: unknown };
  /** Of a counter its sum, of a gauge its last value, of a histogram the sum of what was measured. */
  readonly value: number;
  /** How often a histogram was added to. */
  readonly times?: number;
}

class ReaderOnDemand extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Records what is counted and measured in this process, until `stop`. */
export class RecordedMetrics {
  private readonly reader = new ReaderOnDemand();
  private readonly provider = new MeterProvider({ readers: [this.reader] });

  static start(): RecordedMetrics {
    const recorded = new RecordedMetrics();
    if (!metrics.setGlobalMeterProvider(recorded.provider)) throw new Error('Metrics are being recorded already.');
    return recorded;
  }

  /** The series of one metric so far; none where nothing was recorded. */
  async of({ name }: MetricSpec): Promise<readonly RecordedSeries[]> {
    const { scopeMetrics } = (await this.reader.collect()).resourceMetrics;
    const found = scopeMetrics.flatMap((scope) => scope.metrics).filter(({ descriptor }) => descriptor.name === name);
    return found.flatMap(({ dataPoints }) =>
      dataPoints.map(({ attributes, value }) =>
        typeof value === 'number'
          ? { attributes, value }
          : { attributes, value: 'sum' in value ? (value.sum ?? 0) : 0, times: value.count },
      ),
    );
  }

  async stop(): Promise<void> {
    metrics.disable();
    await this.provider.shutdown();
  }
}
