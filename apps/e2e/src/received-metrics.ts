import { fields, first, integer, text } from './protobuf.js';

export interface ReceivedPoint {
  readonly service: string;
  /** Of the process. */
  readonly instance: string;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: { readonly [name: string]: string | number };
  /** Of a counter its sum since the process began, of a gauge its value, of a histogram how often it was added to. */
  readonly value: number;
}

/** The newest values of a metric, summed over processes and over all series that have these attributes. */
export function totalOf(
  points: readonly ReceivedPoint[],
  metric: string,
  attributes: ReceivedPoint['attributes'] = {},
): number {
  const newest = new Map<string, number>();
  for (const point of points) {
    const isMeant = Object.entries(attributes).every(([name, value]) => point.attributes[name] === value);
    if (point.metric !== metric || !isMeant) continue;
    newest.set(JSON.stringify([point.instance, point.attributes]), point.value);
  }
  return [...newest.values()].reduce((sum, value) => sum + value, 0);
}

/** An `ExportMetricsServiceRequest`, of which only what a test asks for is read. Numbers are those of the fields. */
export function metricsIn(request: Buffer): ReceivedPoint[] {
  return fields(request, 1).flatMap((resourceMetrics) => {
    const sender = { service: serviceOf(resourceMetrics), instance: instanceOf(resourceMetrics) };
    return fields(resourceMetrics, 2)
      .flatMap((scopeMetrics) => fields(scopeMetrics, 2))
      .flatMap((metric) => pointsOf(metric).map((point) => ({ ...sender, ...named(metric), ...point })));
  });
}

/** The `service.name` of what sent spans or metrics. */
export const serviceOf = (sent: Buffer): string => resourceOf(sent)['service.name'] ?? '';
const instanceOf = (sent: Buffer): string => resourceOf(sent)['service.instance.id'] ?? '';

const resourceOf = (sent: Buffer): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(attributesOf(first(sent, 1), 1)).map(([name, value]) => [name, String(value)]));

const named = (metric: Buffer) => ({ metric: text(metric, 1), unit: text(metric, 3) });

const [GAUGE, SUM, HISTOGRAM] = [5, 7, 9];

function pointsOf(metric: Buffer): Pick<ReceivedPoint, 'attributes' | 'value'>[] {
  const numbers = [GAUGE, SUM].flatMap((kind) => fields(first(metric, kind), 1));
  const histograms = fields(first(metric, HISTOGRAM), 1);
  return [
    ...numbers.map((point) => ({ attributes: attributesOf(point, 7), value: numberOf(point) })),
    ...histograms.map((point) => ({ attributes: attributesOf(point, 9), value: wholeNumber(first(point, 4)) })),
  ];
}

/** As a double, or as a whole number. */
function numberOf(point: Buffer): number {
  const [double] = fields(point, 4);
  return double === undefined ? wholeNumber(first(point, 6)) : double.readDoubleLE();
}

const wholeNumber = (bytes: Buffer): number => (bytes.length === 8 ? Number(bytes.readBigInt64LE()) : 0);

function attributesOf(message: Buffer, number: number): { readonly [name: string]: string | number } {
  return Object.fromEntries(
    fields(message, number).map((attribute) => {
      const value = first(attribute, 2);
      return [text(attribute, 1), integer(value, 3) ?? text(value, 1)];
    }),
  );
}
