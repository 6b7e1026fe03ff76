export { createDataSource, type DatabaseOptions } from './data-source.js';
export { migrate } from './migrate.js';
export { PersistenceModule } from './persistence.module.js';
