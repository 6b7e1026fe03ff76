export enum Level {
  Bronze,
  Silver,
  Gold,
}

const SILVER_FROM = 100;
const GOLD_FROM = 10 * SILVER_FROM;

export function levelFor(spent: number): Level {
  if (spent >= GOLD_FROM) return Level.Gold;
  if (spent >= SILVER_FROM) return Level.Silver;
  return Level.Bronze;
}
