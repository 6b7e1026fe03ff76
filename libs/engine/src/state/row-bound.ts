import { overBound } from '../graph/failure.js';

interface Rows {
  readonly size: number;
  readonly elsewhere: number;
  readonly keys: { text(id: number): string };
}

/** How many rows a table may have, as its operator counts them. Its owner is the table; {@link hollow} is the operator's. */
export class RowBound {
  /** Whether a row counts only once it is filled: see {@link fill}. Said before there is any row. */
  beginsHollow = false;
  /** Rows that hold nothing, yet or any more, and go at the end of the batch; none but where rows begin like that. */
  hollow = 0;

  constructor(private readonly rowsMax: number) {}

  /** Call for a new row. @throws OperatorFault `state_over_bound`. */
  admit(rows: Rows, id: number): void {
    if (this.beginsHollow) this.hollow += 1;
    else this.check(rows, id);
  }

  /** A row that was hollow holds something now. @throws OperatorFault `state_over_bound`. */
  fill(rows: Rows, id: number): void {
    this.hollow -= 1;
    this.check(rows, id);
  }

  private check({ size, elsewhere, keys }: Rows, id: number): void {
    if (size + elsewhere - this.hollow > this.rowsMax) {
      throw overBound(undefined, `keysMax of ${this.rowsMax}`, keys.text(id));
    }
  }
}
