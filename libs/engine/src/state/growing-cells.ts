import { setAt, type StateTable } from './state-table.js';

/** A json column of arrays that grow. While a snapshot is handed out, an array is copied before its first change. */
export class GrowingCells {
  private readonly copied = new Set<number>();
  private freezes = 0;

  constructor(
    private readonly table: StateTable,
    private readonly column: number,
  ) {}

  /** The array of the row, to be read. */
  read(id: number): readonly unknown[] | undefined {
    return this.table.json(this.column)[id] as readonly unknown[] | undefined;
  }

  /** The array of the row, to be changed; undefined if there is none. */
  change(id: number): unknown[] | undefined {
    const { table } = this;
    const cells = table.json(this.column);
    const cell = cells[id] as unknown[] | undefined;
    if (cell === undefined || !table.isFrozen) return cell;
    if (this.freezes !== table.freezes) {
      this.freezes = table.freezes;
      this.copied.clear();
    }
    if (this.copied.has(id)) return cell;
    this.copied.add(id);
    const copy = [...cell];
    cells[id] = copy;
    return copy;
  }

  replace(id: number, cell: unknown[] | undefined): void {
    setAt(this.table.json(this.column), id, cell);
  }
}
