export { LmdbColdStore, type LmdbOptions } from './lmdb-cold-store.js';
