/** Injection token of the process's configuration. */
export const RUNNER_CONFIG = Symbol('RunnerConfig');
