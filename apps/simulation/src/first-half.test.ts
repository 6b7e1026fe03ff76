import { describe } from 'vitest';
import './testing/without-threads.js';
import { testHalf } from './testing/must-hold.js';

describe('the protocol', () => {
  testHalf('first');
});
