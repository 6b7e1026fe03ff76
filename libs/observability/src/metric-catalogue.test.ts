import { ATTRIBUTES } from './names.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitted, METRIC_ATTRIBUTES, METRICS, type MetricAttribute, type MetricSpec } from './metric-catalogue.js';

/** Series of one metric beyond which the library that sends them puts all the rest into one. */
const SERIES_MAX = 2_000;

const metrics: readonly MetricSpec[] = Object.values(METRICS);
const attributes = Object.keys(METRIC_ATTRIBUTES) as MetricAttribute[];

const valuesOf = (attribute: MetricAttribute): readonly string[] | undefined => {
  const spec = METRIC_ATTRIBUTES[attribute];
  return 'values' in spec ? spec.values : undefined;
};

describe('the catalogue of metrics', () => {
  it('names each metric once, in lower case, with a unit and a sentence', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const { name, unit, says } of metrics) {
      expect(name).toMatch(/^(tidemark(\.[a-z]+)+|http\.server\.request\.duration)$/);
      expect(unit).toMatch(/^(s|By|\{[a-z]+\})$/);
      expect(says).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('gives every histogram bounds that grow, and nothing else any', () => {
    for (const { kind, bounds = [] } of metrics) {
      expect(bounds.length > 0).toBe(kind === 'histogram');
      expect([...bounds].sort((a, b) => a - b)).toEqual([...bounds]);
    }
  });

  it('has no attribute that says whose something is, or which one', () => {
    const onSpans: readonly string[] = Object.values(ATTRIBUTES);
    for (const { name } of Object.values(METRIC_ATTRIBUTES)) {
      expect(onSpans).not.toContain(name);
      expect(name).not.toMatch(/(^|[._])(id|key|tenant|message|path|uid)([._]|$)/);
    }
  });

  it('bounds the number of series of every metric of jobs', () => {
    for (const { name, attributes: own } of metrics) {
      if (name === METRICS.requestDuration.name) continue;
      const series = own.reduce((product, attribute) => product * ((valuesOf(attribute)?.length ?? NaN) + 1), 1);
      expect(series).toBeLessThanOrEqual(SERIES_MAX);
    }
  });
});

describe('the value of an attribute', () => {
  it('is one of a closed set, whatever is said', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...attributes),
        fc.oneof(fc.string(), fc.double(), fc.integer()),
        (attribute, said) => {
          const value = admitted(attribute, said);
          const spec = METRIC_ATTRIBUTES[attribute];
          if ('from' in spec)
            return value === 0 || (Number.isInteger(value) && +value >= spec.from && +value <= spec.to);
          if ('isTemplate' in spec) return value === '_OTHER' || String(value).startsWith('/');
          return value === '_OTHER' || (spec.values as readonly unknown[]).includes(value);
        },
      ),
    );
  });

  it('is what was said where that is in the set', () => {
    for (const attribute of attributes)
      for (const value of valuesOf(attribute) ?? []) expect(admitted(attribute, value)).toBe(value);
    expect(admitted('status', 404)).toBe(404);
    expect(admitted('route', '/v1/jobs/:jobId')).toBe('/v1/jobs/:jobId');
  });

  it('is not a route that is longer than any of ours', () => {
    expect(admitted('route', `/${'a'.repeat(200)}`)).toBe('_OTHER');
  });
});
