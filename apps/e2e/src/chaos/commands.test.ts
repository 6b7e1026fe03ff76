import { describe, expect, it } from 'vitest';
import { DISTURBANCES, drawCommands, type Command } from './commands.js';

function first(seed: number, count: number): readonly Command[] {
  const commands = drawCommands(seed);
  return Array.from({ length: count }, () => commands.next().value);
}

describe('the commands of a seed', () => {
  it('are the same each time, and others for another seed', () => {
    expect(first(7, 500)).toEqual(first(7, 500));
    expect(first(7, 500)).not.toEqual(first(8, 500));
  });

  it('are six times of ten to add data, and once to check', () => {
    const commands = first(1, 10_000);
    const share = (kind: Command['kind']): number =>
      commands.filter((one) => one.kind === kind).length / commands.length;

    expect(share('add data')).toBeCloseTo(0.6, 1);
    expect(share('check')).toBeCloseTo(0.1, 1);
  });

  it('disturb in each way before one comes more often than it is in the deck', () => {
    const disturbances = first(3, 1_000).filter(({ kind }) => kind !== 'add data' && kind !== 'check');
    const inDeck = Object.values(DISTURBANCES).reduce<number>((sum, times) => sum + times, 0);
    const dealt = Map.groupBy(disturbances.slice(0, inDeck), ({ kind }) => kind);

    expect(Object.fromEntries([...dealt].map(([kind, own]) => [kind, own.length]))).toEqual(DISTURBANCES);
  });
});
