import type { Command, CommandKind } from './commands.js';
import { VIOLATIONS, type Violation, type ViolationKind } from './history.js';

const PROBLEMS_SHOWN_MAX = 20;

/** What a run has come to so far, and what of it is shown. Owner of all fields: the driver. */
export class Report {
  readonly violations = new Map<string, Violation>();
  readonly stuck: string[] = [];
  /** Jobs that ended by themselves, and whatever else must not happen. */
  readonly others: string[] = [];
  private readonly commands = new Map<CommandKind, number>();
  private readonly startedMs = performance.now();
  private shown = 0;

  constructor(
    readonly seed: number,
    private readonly print: (line: string) => void,
  ) {}

  command({ number, kind }: Command, outcome: string): void {
    this.commands.set(kind, (this.commands.get(kind) ?? 0) + 1);
    this.line(`${String(number).padStart(4)}  ${kind.padEnd(20)} ${outcome}`);
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
    const kinds = [...this.commands].sort(([, a], [, b]) => b - a).map(([kind, times]) => `${kind} ${times}`);
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
