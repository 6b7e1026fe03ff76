import { isTidemarkError, type NewEvent } from '@tidemark/domain';
import { PortFailure } from '../world/stage.js';
import type { Findings } from './invariants.js';

/** What a port says when it fails, as it is found again in what is logged. */
const SAID = /\bfailed\.?$/;
const HARMLESS = [SAID, /is gone; its job is free\.$/, /^The run queue has not answered/];

/** Looks at what processes log and tell of failures: one that no port was asked to make is a fault of the code. */
export class ExpectedFailures {
  constructor(private readonly findings: Findings) {}

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
    if (type === 'checkpoint.failed' && data['code'] === 'internal_fault') this.look(String(data['reason']));
  }

  private look(said: unknown): void {
    if (said instanceof AggregateError) {
      for (const error of said.errors) this.look(error);
      return;
    }
    const isExpected = said instanceof Error ? isOfPort(said) : HARMLESS.some((form) => form.test(String(said)));
    const what = said instanceof Error ? (said.stack ?? said.message) : String(said);
    this.findings.check('fault', isExpected, () => what);
  }
}

const isOfPort = (error: Error): boolean =>
  error instanceof PortFailure || isTidemarkError(error) || error.message.startsWith('The run queue has not answered');
