import { describe } from 'vitest';
import { itHoldsToTheModel } from './testing/hold-to-model.js';

describe('tumbling windows', () => {
  itHoldsToTheModel('tumbling');
});
