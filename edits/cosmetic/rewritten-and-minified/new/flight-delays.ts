import { defineJob, files, toFiles, type JobDefinition } from '@tidemark/streams';

/** One flight, as `prepare.ts` writes it. */
export interface Flight {
  /** Scheduled departure, local time, to the minute. */
  readonly date: string;
  /** Minutes late on arrival; negative if early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** Airports, by IATA code. */
  readonly origin: string;
  readonly destination: string;
}

/** Whole minutes are summed, never means: sums come out the same in whatever order they are made. */
interface Delays {
  readonly flights: number;
  readonly delayMinutes: number;
}

export interface FlightDelaysOptions {
  readonly name: string;
  /** Directory of the input and of the output, below the tenant's files. */
  readonly input: string;
  readonly output: string;
  readonly recordsPerSecond: number;
}

/** For each origin airport: flights and mean delay since the beginning, and the same over a sliding window. */
export function flightDelays({ name, input, output, recordsPerSecond }: FlightDelaysOptions): JobDefinition {
  return defineJob({ name, batchInterval: '500 ms' }, (job) => {
    const delays = job
      .source('flights', files<Flight>({ path: input, recordsPerSecond }))
      .keyBy((flight) => flight.origin)
      .mapValues((flight): Delays => ({ flights: 1, delayMinutes: flight.delay }));

    delays
      .reduceByKeyAndWindow('recent-by-origin', { window: '10 s', slide: '1 s', reduce: plus, inverse: minus })
      .map(([origin, recent], { windowEndMs }) => ({ windowEndMs, origin, ...recent }))
      .to('recent', toFiles({ path: `${output}/recent` }));

    delays
      .updateStateByKey('delay-by-origin', (values, total: Delays | undefined) => values.reduce(plus, total ?? ZERO))
      .map(([origin, total]) => ({ origin, ...total, meanDelay: mean(total) }))
      .to('delays', toFiles({ path: `${output}/delays` }));
  });
}

const ZERO: Delays = { flights: 0, delayMinutes: 0 };

const plus = (a: Delays, b: Delays): Delays => ({
  flights: a.flights + b.flights,
  delayMinutes: a.delayMinutes + b.delayMinutes,
});

const minus = (whole: Delays, leaving: Delays): Delays => ({
  flights: whole.flights - leaving.flights,
  delayMinutes: whole.delayMinutes - leaving.delayMinutes,
});

/** Minutes, to a tenth. */
const mean = ({ flights, delayMinutes }: Delays): number => Math.round((10 * delayMinutes) / flights) / 10;
