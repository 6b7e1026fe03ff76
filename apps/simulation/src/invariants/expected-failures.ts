import { isTidemarkError, type ErrorCode, type NewEvent } from '@tidemark/domain';
import { PortFailure } from '../world/stage.js';
import type { Findings } from './invariants.js';

/** What was done to a history until now. */
export interface Done {
  /** Whether a text ends with what a call of a port said that was made to fail. */
  readonly failed: (text: string) => boolean;
  readonly torn: boolean;
  readonly damaged: boolean;
}

/** Errors of the catalogue that a history may come to, each with what must have been done to it before. */
const EXPLAINED_BY: { readonly [code in ErrorCode]?: (done: Done) => boolean } = {
  store_full: ({ torn }) => torn,
  checkpoint_unreadable: ({ damaged }) => damaged,
  // The run ends with it, and that is held against I3.
  batch_log_inconsistent: () => true,
};

/** Lines that say of no failure of their own: what they tell of is held against the rows (L5), or is a call that is stuck. */
const HARMLESS = [/ is gone; its job is free\.$/, /^The run queue has not answered within \d+ ms\.$/];

/** Looks at what processes log and tell of failures: one that nothing explains is a fault of the code, or of the model. */
export class ExpectedFailures {
  constructor(
    private readonly findings: Findings,
    private readonly done: Done,
  ) {}

  readonly logger = {
    log: (): void => undefined,
    debug: (): void => undefined,
    verbose: (): void => undefined,
    warn: (said: unknown): void => {
      this.look(said);
    },
    error: (said: unknown): void => {
      this.look(said);
    },
  };

  told({ type, data }: NewEvent): void {
    if (type !== 'checkpoint.failed') return;
    const { code, reason } = data;
    const isExplained = code === 'internal_fault' ? this.done.failed(String(reason)) : this.explains(code as ErrorCode);
    this.findings.check('fault', isExplained, () => `a checkpoint failed: ${String(code)}, ${String(reason)}`);
  }

  look(said: unknown): void {
    if (said instanceof AggregateError) {
      for (const error of said.errors) this.look(error);
      return;
    }
    const isExpected = said instanceof Error ? this.isExplained(said) : this.isSaid(String(said));
    const what = said instanceof Error ? (said.stack ?? said.message) : String(said);
    this.findings.check('fault', isExpected, () => what);
  }

  private isExplained(error: Error): boolean {
    if (isTidemarkError(error)) return this.explains(error.code);
    return error instanceof PortFailure || this.isSaid(error.message);
  }

  private isSaid(text: string): boolean {
    return this.done.failed(text) || HARMLESS.some((form) => form.test(text));
  }

  private explains(code: ErrorCode): boolean {
    return EXPLAINED_BY[code]?.(this.done) ?? false;
  }
}
