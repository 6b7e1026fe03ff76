/** Injection token of the process's configuration. */
export const SCHEDULER_CONFIG = Symbol('SchedulerConfig');
