import {
  createNoopMeter,
  metrics,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
} from '@opentelemetry/api';
import { admitted, METRIC_ATTRIBUTES, type AttributesOf, type MetricOf, type MetricSpec } from './metric-catalogue.js';

const METER = 'tidemark';

/** The instruments of one provider, each made when it is first used. */
class Instruments {
  private readonly counters = new Map<MetricSpec, Counter>();
  private readonly histograms = new Map<MetricSpec, Histogram>();

  constructor(readonly meter: Meter) {}

  counter(metric: MetricSpec): Counter {
    const known = this.counters.get(metric);
    if (known !== undefined) return known;
    const made = this.meter.createCounter(metric.name, { unit: metric.unit, description: metric.says });
    this.counters.set(metric, made);
    return made;
  }

  histogram(metric: MetricSpec): Histogram {
    const known = this.histograms.get(metric);
    if (known !== undefined) return known;
    const made = this.meter.createHistogram(metric.name, {
      unit: metric.unit,
      description: metric.says,
      advice: { explicitBucketBoundaries: [...(metric.bounds ?? [])] },
    });
    this.histograms.set(metric, made);
    return made;
  }
}

const NOTHING_RECORDED = createNoopMeter();
/** By the provider: a process has one, and that of before is gone with its instruments. */
const made = new WeakMap<MeterProvider, Instruments>();

/** Undefined where nothing is recorded: then nothing is made of what is passed in either. */
function instruments(): Instruments | undefined {
  const provider = metrics.getMeterProvider();
  let known = made.get(provider);
  if (known === undefined) {
    known = new Instruments(provider.getMeter(METER));
    made.set(provider, known);
  }
  return known.meter === NOTHING_RECORDED ? undefined : known;
}

/** Adds to a counter. What is no amount, below 0 or not finite, is left out: it would spoil the sum for good. */
export function count<M extends MetricOf<'counter'>>(metric: M, attributes: AttributesOf<M>, by = 1): void {
  if (isAmount(by) && by > 0) instruments()?.counter(metric).add(by, named(metric, attributes));
}

/** Adds a value, in the unit of the metric, to a histogram. What is no amount is left out. */
export function measure<M extends MetricOf<'histogram'>>(metric: M, attributes: AttributesOf<M>, value: number): void {
  if (isAmount(value)) instruments()?.histogram(metric).record(value, named(metric, attributes));
}

/**
 * Has a gauge asked for whenever metrics are sent, and never where they are not. What `read` does not tell of, or where it
 * throws, goes on being sent as it was last: a series that is over must be told of as 0.
 * @returns stops it
 */
export function observe<M extends MetricOf<'gauge'>>(
  metric: M,
  read: () => Promise<readonly (readonly [number, AttributesOf<M>])[]>,
): () => void {
  const meter = instruments()?.meter;
  if (meter === undefined) return () => undefined;
  const gauge = meter.createObservableGauge(metric.name, { unit: metric.unit, description: metric.says });
  const ask: Parameters<typeof gauge.addCallback>[0] = async (result) => {
    for (const [value, attributes] of await read()) result.observe(value, named(metric, attributes));
  };
  gauge.addCallback(ask);
  return () => {
    gauge.removeCallback(ask);
  };
}

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;

function named<M extends MetricSpec>(metric: M, attributes: AttributesOf<M>): Attributes {
  const given: { readonly [name: string]: string | number | undefined } = attributes;
  const result: Attributes = {};
  for (const attribute of metric.attributes) {
    const value = given[attribute];
    if (value !== undefined) result[METRIC_ATTRIBUTES[attribute].name] = admitted(attribute, value);
  }
  return result;
}
