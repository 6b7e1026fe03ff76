export { LmdbColdStore } from './lmdb-cold-store.js';
