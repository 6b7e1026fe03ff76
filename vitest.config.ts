import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// No 'import' or 'default' here: workers would then load CommonJS packages' ES builds and break `require`.
const conditions = ['@tidemark/source', ...defaultServerConditions.filter((condition) => condition !== 'module')];
const project = (name: string, include: string[], more: object = {}) => ({
  ssr: { resolve: { conditions } },
  test: { name, include, exclude: ['**/node_modules/**', '**/dist/**'], ...more },
});

const allButUnit = ['**/*.db.test.ts', '**/*.redis.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        ...project('unit', ['{apps,libs,examples}/*/src/**/*.test.ts', 'tools/**/*.test.ts']),
        test: {
          name: 'unit',
          include: ['{apps,libs,examples}/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', ...allButUnit],
        },
      },
      project('db', ['{apps,libs}/*/src/**/*.db.test.ts'], { globalSetup: 'libs/testing/src/postgres-server.ts' }),
      project('redis', ['{apps,libs}/*/src/**/*.redis.test.ts']),
      project('e2e', ['apps/e2e/**/*.e2e.ts'], { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 }),
    ],
  },
});
