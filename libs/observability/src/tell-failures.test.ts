import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { tellFailures } from './tell-failures.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('an exporter that fails says so once, and once that it works again', () => {
  const told: unknown[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message) => void told.push(message));
  vi.spyOn(Logger.prototype, 'log').mockImplementation((message) => void told.push(message));
  const results = [0, 1, 1, 0, 0].map((code) => ({ code, ...(code === 1 ? { error: new Error('refused') } : {}) }));
  const seen: unknown[] = [];
  const exporter = tellFailures('Metrics', {
    export: (_: string, done: (result: { code: number; error?: Error }) => void) => {
      done(results.shift() ?? { code: 0 });
    },
  });
  for (let round = 0; round < 5; round += 1) exporter.export('secret', ({ code }) => seen.push(code));

  expect(seen).toEqual([0, 1, 1, 0, 0]);
  expect(told).toEqual(['Metrics cannot be sent: refused', 'Metrics are sent again']);
});
