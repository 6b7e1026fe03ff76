import { describe } from 'vitest';
import { itHoldsToTheModel } from './testing/hold-to-model.js';

describe('session windows', () => {
  itHoldsToTheModel('session');
});
