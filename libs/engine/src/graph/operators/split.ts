import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, rowOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { refuseThenable, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';

export const split = (parts: OperatorParts): Operator => new Split(parts);

/** Sends each row to the output of the first branch that takes it. */
class Split implements Operator {
  readonly uid: string | undefined;
  readonly inline: (row: RowCode) => string;
  /** Rows that no branch took. Written by generated code. */
  unmatched = 0;
  private readonly pushed: GeneratedFunction<Emit>;

  constructor(private readonly parts: OperatorParts) {
    this.uid = parts.node.uid;
    this.inline = (row) => this.code(row);
    this.pushed = parts.code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(parts.isKeyed(0))));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  takeCounts(): Readonly<Record<string, number>> {
    const { unmatched } = this;
    this.unmatched = 0;
    return unmatched === 0 ? {} : { unmatched };
  }

  private code(row: RowCode): string {
    const { code, node, where, emitCode } = this.parts;
    const [self, place, here, thenable] = code.constantsOf(this, where, node, refuseThenable);
    const [record, taken, branch] = [code.local('record'), code.local('taken'), code.local('branch')];
    const names = node.options['branches'] as readonly string[];
    const choose = names.map((name, index) => {
      const fn = code.constant(roleOf(node.functions, name));
      return `if (${branch} < 0) {
${taken} = ${fn}(${record}, ${row.context});
if (typeof ${taken} === 'object' && ${taken} !== null) ${thenable}(${taken});
if (${taken}) ${branch} = ${index};
}`;
    });
    const cases = names.map((name, index) => `case ${index}: {\n${emitCode(row, name)}\nbreak;\n}`);
    return `${place}.operator = ${here};
const ${record} = ${rowOf(row)};
let ${taken};
let ${branch} = -1;
${choose.join('\n')}
switch (${branch}) {
${cases.join('\n')}
default: ${self}.unmatched += 1;
}`;
  }
}
