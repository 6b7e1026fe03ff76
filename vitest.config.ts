import { availableParallelism } from 'node:os';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// No 'import' or 'default' here: workers would then load CommonJS packages' ES builds and break `require`.
const conditions = ['@tidemark/source', ...defaultServerConditions.filter((condition) => condition !== 'module')];

// A test that hangs must end; how fast the others are is measured by benchmarks, not by this.
const bounds = { testTimeout: 120_000, hookTimeout: 120_000 };

const project = (name: string, include: string[], more: { exclude?: string[]; [option: string]: unknown } = {}) => ({
  ssr: { resolve: { conditions } },
  test: { name, include, ...bounds, ...more, exclude: ['**/node_modules/**', '**/dist/**', ...(more.exclude ?? [])] },
});

export default defineConfig({
  test: {
    // Vitest leaves one core idle: of two, half of what there is.
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', ['{apps,libs,examples}/*/src/**/*.test.ts'], {
        exclude: ['**/*.db.test.ts', '**/*.redis.test.ts'],
      }),
      project('db', ['{apps,libs}/*/src/**/*.db.test.ts'], { globalSetup: 'libs/testing/src/postgres-server.ts' }),
      project('redis', ['{apps,libs}/*/src/**/*.redis.test.ts']),
      project('e2e', ['apps/e2e/**/*.e2e.ts'], { fileParallelism: false }),
    ],
  },
});
