/** When a job's next batch is due: see docs/flow.md. */
export const TRIGGERS = ['interval', 'asap', 'available-now', 'once'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** What becomes of the intervals that passed while no run had the job. */
export const DOWNTIME_POLICIES = ['coalesce', 'each', 'skip'] as const;
export type DowntimePolicy = (typeof DOWNTIME_POLICIES)[number];

/** Weights of the rate estimator's three terms, and the rate below which it never goes. */
export interface BackPressure {
  readonly proportional: number;
  readonly integral: number;
  readonly derivative: number;
  readonly bytesPerSecondMin: number;
}

/** The weights of Spark's `PIDRateEstimator`. Its least rate is 100 records a second; ours is about that in bytes. */
export const DEFAULT_BACK_PRESSURE: BackPressure = {
  proportional: 1,
  integral: 0.2,
  derivative: 0,
  bytesPerSecondMin: 16_384,
};

/** How batches follow one another. */
export interface Flow {
  readonly trigger: Trigger;
  readonly downtime: DowntimePolicy;
  /** False where nothing holds a batch to its interval. */
  readonly backPressure: BackPressure | false;
}

/** What a job has that says nothing of it. */
export const DEFAULT_FLOW: Flow = { trigger: 'interval', downtime: 'coalesce', backPressure: DEFAULT_BACK_PRESSURE };

/** Whether batches lie on a grid. Without one no interval can be missed, and no batch can take longer than it has. */
export const hasInterval = (trigger: Trigger): boolean => trigger === 'interval';

/** Whether a run ends by itself, with the job `finished`. */
export const endsByItself = (trigger: Trigger): boolean => trigger === 'available-now' || trigger === 'once';

/** Whether the sources must be able to tell how far they reach: to stop there, or to begin there. */
export const needsBacklog = ({ trigger, downtime }: Pick<Flow, 'trigger' | 'downtime'>): boolean =>
  trigger === 'available-now' || downtime === 'skip';
