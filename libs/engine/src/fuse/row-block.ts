import type { SavedLocal } from '../decode/decoder-code.js';
import { BLOCK_ROWS, KeyBlock } from '../state/key-block.js';
import type { GeneratedCode } from './generated-code.js';
import type { FieldCode, LookedUp } from './row-code.js';

type BytesCode = Extract<FieldCode, { readonly kind: 'bytes' }>;

/**
 * A loop that reads some rows, then looks up the keys of all of them, and then does the rest row by row. A key that is
 * looked up waits for memory several times over; of many that are looked up at once, the waits fall together. That is what
 * vectorised engines gain by working in blocks: Kersten et al., "Everything You Always Wanted to Know About Compiled and
 * Vectorized Queries But Were Afraid to Ask" (VLDB 2018).
 *
 * ```text
 * read 128 rows → their locals in arrays → ids of all keys → row by row: locals back, the rest of the chain
 * ```
 */
export class RowBlock {
  private readonly lookUps: {
    readonly table: string;
    readonly local: string;
    readonly keys: string;
    readonly key: BytesCode;
  }[] = [];
  private readonly arrays = new Map<string, { readonly local: SavedLocal; readonly array: string }>();
  private readonly index: string;

  constructor(private readonly code: GeneratedCode) {
    this.index = code.local('row');
  }

  /** Keeps what a row has in these locals until its turn comes. */
  save(locals: readonly SavedLocal[]): void {
    for (const local of locals) {
      if (!this.arrays.has(local.name)) {
        this.arrays.set(local.name, { local, array: this.code.constant(newArray(local.kind)) });
      }
    }
  }

  /** Has the key that lies in the input looked up in the table, for all rows of the block at once. */
  readonly lookUp = (key: BytesCode, table: string): LookedUp => {
    const known = this.lookUps.find((other) => other.table === table && other.key.start === key.start);
    const { local, keys } = known ?? { local: this.code.local('table'), keys: this.code.constant(new KeyBlock()) };
    if (known === undefined) this.lookUps.push({ table, local, keys, key });
    return { table: local, isValid: `${local}.removals === ${local}_removals`, id: `${keys}.ids[${this.index}]` };
  };

  /** Whether any key is looked up: without one, a block has only costs. */
  get isUseful(): boolean {
    return this.lookUps.length > 0;
  }

  /**
   * @param read statements that read one row, and set `st` to `isRow` if there is one
   * @param work what is done with a row
   * @param otherwise what is done with a line that is none
   */
  loop(parts: {
    readonly read: string;
    readonly isRow: string;
    readonly work: string;
    readonly otherwise: string;
  }): string {
    const { index } = this;
    const arrays = [...this.arrays.values()];
    const keyLocals = this.lookUps.map(
      ({ keys, key }) =>
        `${keys}.starts[rows] = ${key.start}; ${keys}.ends[rows] = ${key.end}; ${keys}.plain[rows] = ${key.plain} ? 1 : 0;`,
    );
    const find = this.lookUps.map(
      ({ table, local, keys }) => `const ${local} = ${table};
const ${local}_removals = ${local} === undefined ? 0 : ${local}.removals;
if (${local} !== undefined) ${local}.findBlock(buf, ${keys}, rows);`,
    );
    return `while (p < end) {
let rows = 0;
do {
${parts.read}
if (!(${parts.isRow})) break;
${arrays.map(({ local, array }) => saveCode(local, array)).join('\n')}
${keyLocals.join('\n')}
rows += 1;
} while (rows < ${BLOCK_ROWS} && p < end);
const last = st;
${find.join('\n')}
for (let ${index} = 0; ${index} < rows; ${index} += 1) {
${arrays.map(({ local, array }) => loadCode(local, array, index)).join('\n')}
${parts.work}
}
st = last;
if (!(${parts.isRow})) {
${parts.otherwise}
}
}`;
  }
}

function newArray(kind: SavedLocal['kind']): Float64Array | Int32Array | Uint8Array | unknown[] {
  switch (kind) {
    case 'number':
      return new Float64Array(BLOCK_ROWS);
    case 'integer':
      return new Int32Array(BLOCK_ROWS);
    case 'boolean':
      return new Uint8Array(BLOCK_ROWS);
    case 'value':
      return Array.from({ length: BLOCK_ROWS }, () => undefined);
  }
}

const saveCode = ({ name, kind, when }: SavedLocal, array: string): string =>
  `${when === undefined ? '' : `if (${when}) `}${array}[rows] = ${kind === 'boolean' ? `${name} ? 1 : 0` : name};`;

const loadCode = ({ name, kind, when }: SavedLocal, array: string, index: string): string =>
  `${when === undefined ? '' : `if (${when}) `}${name} = ${array}[${index}]${kind === 'boolean' ? ' === 1' : ''};`;
