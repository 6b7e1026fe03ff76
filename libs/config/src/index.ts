export { apiConfig, type ApiConfig } from './api.config.js';
export { localConfig, type LocalConfig } from './local.config.js';
export { ConfigError, loadConfig, processEnvironment, wholeNumber, type Environment } from './load.js';
export { metricExportTiming } from './metric-export.js';
export { runnerConfig, type RunnerConfig } from './runner.config.js';
export { schedulerConfig, type SchedulerConfig } from './scheduler.config.js';
