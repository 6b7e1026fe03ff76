import type { Poison } from '@tidemark/streams';
import { OperatorFault, type LineRef, type Whereabouts } from './failure.js';
import type { Push, RowContext } from './operator.js';

export type RecordFormat = 'json' | 'text';

/** How many skipped records are shown; all are counted. */
export const SKIPPED_SHOWN_MAX = 5;

/**
 * Splits a source's text into records and pushes them. `json`: one document a line, blank lines are passed over.
 * `text`: every line is a record, without its line end.
 */
export class LineReader {
  records = 0;
  recordsSkipped = 0;
  readonly skipped: (LineRef & { readonly reason: string })[] = [];

  constructor(
    private readonly poison: Poison,
    private readonly where: Whereabouts,
  ) {}

  read(
    text: string,
    source: { readonly uid: string; readonly format: RecordFormat; readonly push: Push; readonly context: RowContext },
  ): void {
    const { push, context } = source;
    const isJson = source.format === 'json';
    for (let line = 0, from = 0; from < text.length; line += 1) {
      const newline = text.indexOf('\n', from);
      const to = newline === -1 ? text.length : newline;
      const content = text.slice(from, to);
      from = to + 1;
      this.where.line = line;
      if (!isJson) {
        this.records += 1;
        push(content.endsWith('\r') ? content.slice(0, -1) : content, context);
        continue;
      }
      const record = this.parse(content, source.uid, line);
      if (record !== NO_RECORD) push(record, context);
    }
  }

  private parse(content: string, source: string, line: number): unknown {
    let record: unknown;
    try {
      record = JSON.parse(content);
    } catch (error) {
      if (content.trim() === '') return NO_RECORD;
      this.records += 1;
      this.refuse({ source, line }, (error as Error).message.slice(0, 300));
      return NO_RECORD;
    }
    this.records += 1;
    return record;
  }

  private refuse(record: LineRef, reason: string): void {
    if (this.poison === 'fail') throw new OperatorFault(() => ({ code: 'record_unreadable', record, reason }));
    this.recordsSkipped += 1;
    if (this.skipped.length < SKIPPED_SHOWN_MAX) this.skipped.push({ ...record, reason });
  }
}

const NO_RECORD = Symbol('no record');
