import { coldStoreContract } from './cold-store.contract.js';
import { InMemoryColdStore } from './in-memory-cold-store.js';

coldStoreContract('InMemoryColdStore', () => Promise.resolve(new InMemoryColdStore()));
