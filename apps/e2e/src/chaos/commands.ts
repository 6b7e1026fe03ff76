import { Random } from './random.js';

/** What the driver does besides adding data and checking, and how many of each are in one deck. */
export const DISTURBANCES = {
  submit: 1,
  upgrade: 2,
  'upgrade incompatibly': 1,
  'roll back': 2,
  fork: 1,
  stop: 2,
  start: 2,
  'kill a runner': 2,
  'kill at a sink': 5,
  'kill a scheduler': 1,
  'kill the API': 1,
  'pause a runner': 1,
  'pause at a sink': 2,
  'flush the queue': 1,
  'kill Redis': 1,
  'kill Postgres': 1,
  'cut at commit': 2,
  'corrupt a checkpoint': 1,
  'fill the disk': 1,
} as const;
export type Disturbance = keyof typeof DISTURBANCES;
export type CommandKind = 'add data' | 'check' | Disturbance;

export interface Command {
  /** Counts from 1. */
  readonly number: number;
  readonly kind: CommandKind;
  /** Uniform in [0, 1): what the command is about, whatever of it there is when its turn comes. */
  readonly target: number;
  readonly choice: number;
  readonly size: number;
}

const DATA_SHARE = 0.6;
const CHECK_SHARE = 0.1;

/**
 * The commands of a seed, without end. They do not depend on what comes of them, so a seed gives the same ones again. Disturbances
 * are dealt from a shuffled deck: also a short run sees each kind.
 */
export function* drawCommands(seed: number): Generator<Command, never> {
  const random = new Random(seed);
  let deck: Disturbance[] = [];
  for (let number = 1; ; number += 1) {
    const share = random.next();
    let kind: CommandKind;
    if (share < DATA_SHARE) kind = 'add data';
    else if (share < DATA_SHARE + CHECK_SHARE) kind = 'check';
    else {
      if (deck.length === 0) deck = random.shuffled(wholeDeck());
      kind = deck.pop() ?? 'kill a runner';
    }
    yield { number, kind, target: random.next(), choice: random.next(), size: random.next() };
  }
}

const wholeDeck = (): readonly Disturbance[] =>
  (Object.keys(DISTURBANCES) as Disturbance[]).flatMap((kind) =>
    Array.from<Disturbance>({ length: DISTURBANCES[kind] }).fill(kind),
  );
