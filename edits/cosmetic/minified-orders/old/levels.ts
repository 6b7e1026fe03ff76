export enum Level {
  Bronze,
  Silver,
  Gold,
}

const SILVER = 100;
const GOLD = 10 * SILVER;

export function bandOf(spent: number): Level {
  if (spent >= GOLD) return Level.Gold;
  if (spent >= SILVER) return Level.Silver;
  return Level.Bronze;
}
