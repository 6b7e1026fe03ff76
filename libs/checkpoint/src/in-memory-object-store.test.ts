import { InMemoryObjectStore } from './in-memory-object-store.js';
import { objectStoreContract } from './object-store.contract.js';

objectStoreContract('the in-memory store', async () => ({
  store: new InMemoryObjectStore(),
  leaveLitter: async () => {},
}));
