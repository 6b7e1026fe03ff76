import type { Command, CommandKind } from './commands.js';
import type { Outcome } from './world.js';
import { VIOLATIONS, type Violation, type ViolationKind } from './history.js';

const PROBLEMS_SHOWN_MAX = 20;
/** So often chance may have it that there is nothing to do it to. */
const GIVEN_MIN = 8;
/** Where no file system can be mounted, the disk is not filled. */
const MAY_MISS: readonly CommandKind[] = ['fill the disk'];

/** What a run has come to so far, and what of it is shown. Owner of all fields: the driver. */
export class Report {
  readonly violations = new Map<string, Violation>();
  readonly stuck: string[] = [];
  /** Jobs that ended by themselves, and whatever else must not happen. */
  readonly others: string[] = [];
  private readonly commands = new Map<CommandKind, { given: number; struck: number }>();
  private readonly startedMs = performance.now();
  private shown = 0;

  constructor(
    readonly seed: number,
    private readonly print: (line: string) => void,
  ) {}

  command({ number, kind }: Command, { hasStruck, what }: Outcome): void {
    const { given, struck } = this.commands.get(kind) ?? { given: 0, struck: 0 };
    this.commands.set(kind, { given: given + 1, struck: struck + (hasStruck ? 1 : 0) });
    this.line(`${String(number).padStart(4)}  ${kind.padEnd(20)} ${hasStruck ? '' : 'missed: '}${what}`);
  }

  /** A command that is given again and again and never does anything shows nothing. */
  judgeCommands(): void {
    for (const [kind, { given, struck }] of this.commands) {
      if (given < GIVEN_MIN || struck > 0 || MAY_MISS.includes(kind)) continue;
      this.others.push(`"${kind}" was given ${given} times and never did anything`);
    }
  }

  line(text: string): void {
    const seconds = (performance.now() - this.startedMs) / 1_000;
    const [minutes, rest] = [Math.floor(seconds / 60), (seconds % 60).toFixed(1)];
    this.print(`${String(minutes).padStart(2, '0')}:${rest.padStart(4, '0')} ${text}`);
  }

  /** The same one is told again by each check; it counts once. */
  problems(job: string, violations: readonly Violation[]): void {
    for (const violation of violations) {
      const sentence = `${violation.kind}: ${job}: ${violation.what}`;
      if (!this.violations.has(sentence)) this.problem(sentence);
      this.violations.set(sentence, violation);
    }
  }

  problem(sentence: string): void {
    this.shown += 1;
    if (this.shown <= PROBLEMS_SHOWN_MAX) this.line(`      ✗ ${sentence}`);
  }

  /** How many records, rows or writes. */
  count(kind: ViolationKind): number {
    return [...this.violations.values()].reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0);
  }

  get isRight(): boolean {
    return this.violations.size === 0 && this.stuck.length === 0 && this.others.length === 0;
  }

  summary(): string {
    const { length: stuck } = this.stuck;
    return `lost ${this.count('lost')}, twice ${this.count('twice')}, stale ${this.count('stale')}, stuck ${stuck}`;
  }

  /** All there is to say at the end; the last line is the summary. */
  end(figures: string): void {
    const kinds = [...this.commands]
      .sort(([, a], [, b]) => b.struck - a.struck)
      .map(([kind, { given, struck }]) => `${kind} ${struck}${given === struck ? '' : ` of ${given}`}`);
    this.print('');
    this.print(`commands  ${kinds.join(', ')}`);
    this.print(`judged    ${figures}`);
    const others = (Object.keys(VIOLATIONS) as ViolationKind[]).filter(
      (kind) => !['lost', 'twice', 'stale'].includes(kind),
    );
    this.print(
      `besides   ${others.map((kind) => `${kind} ${this.count(kind)}`).join(', ')}, ended ${this.others.length}`,
    );
    this.print(`seed      ${this.seed}`);
    this.print(this.summary());
  }
}
