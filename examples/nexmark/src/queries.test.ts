import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { COVERED_QUERIES, QUERIES, type Query } from './queries.js';

describe('the queries of Nexmark', () => {
  it('are 0 to 22, all covered but the one over processing time', () => {
    expect(Object.keys(QUERIES)).toEqual(Array.from({ length: 23 }, (_, number) => `q${number}`));
    expect(Object.keys(QUERIES).filter((id) => !COVERED_QUERIES.some((covered) => covered === id))).toEqual(['q12']);
  });

  it.each(Object.entries(QUERIES))(
    'have a section in the README that says what %s is, and how its job is built',
    async (id, query: Query) => {
      const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
      expect(readme).toContain(section(id, query));
    },
  );
});

function section(id: string, query: Query): string {
  const heading = `### ${id}: ${query.title}\n\n${query.asks}`;
  if (!query.covered) return `${heading} **Not covered.** ${query.why}\n`;
  const { result } = query;
  const kind =
    result.kind === 'append'
      ? 'Rows are appended.'
      : `The latest row counts, by ${result.key.map(code).join(' and ')}.`;
  return `${heading} **Covered.** ${query.answer} ${kind}\n\n[${id}.ts](src/jobs/${id}.ts): `;
}

const code = (column: string): string => `\`${column}\``;
