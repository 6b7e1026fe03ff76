import { Chains } from '../fuse/chains.js';
import { fieldsNeeded } from '../fuse/fields-needed.js';
import { feedLines } from '../fuse/feed-lines.js';
import type { GeneratedCode } from '../fuse/generated-code.js';
import { findKey, idOfKey } from '../fuse/keyed-code.js';
import type { RowCode } from '../fuse/row-code.js';
import { plainLoop, RecordCounter, schemaLoop, type InputPiece, type SourceLoop } from '../fuse/source-loop.js';
import type { StateBlock } from '../ports.js';
import type { OperatorState } from '../state/operator-state.js';
import { Spill } from '../state/spill.js';
import { readBlock } from '../state/state-block.js';
import { isSpilling } from './check-cold-state.js';
import type { CheckedDefinition, CheckedNode } from './checked-definition.js';
import type { Whereabouts } from './failure.js';
import type { Operator, RowContext } from './operator.js';
import { split } from './operators/split.js';

/**
 * What a program whose state need not be in memory does beside its batches. Before one: `beginLook`, `look` at each
 * source's input, then `missing` to the end, then `load` for what the store has of that. After one: `spilled` to the end.
 *
 * Looking runs the job's code up to the keys, and nothing else: what it throws or counts, the batch will.
 */
export class ColdSide {
  private readonly loops = new Map<string, SourceLoop>();
  private readonly where: Whereabouts = { operator: undefined, key: undefined, source: undefined, line: 0 };
  private context: RowContext = { batchId: 0, batchTimeMs: 0 };
  private blocks: Iterator<StateBlock, undefined> | undefined;

  private constructor(
    private readonly spills: ReadonlyMap<string, Spill>,
    private readonly blockBytes: number,
    /** Whether a batch goes on behind a record at which the job's code throws. */
    private readonly goesOn: boolean,
  ) {}

  /** Undefined for a job whose state is in memory. Call before the code is compiled. */
  static of(
    definition: CheckedDefinition,
    code: GeneratedCode,
    states: ReadonlyMap<string, OperatorState>,
    blockBytes: number,
  ): ColdSide | undefined {
    const spilling = definition.nodes.filter(isSpilling);
    if (spilling.length === 0) return undefined;
    const spills = new Map<string, Spill>();
    for (const { uid = '', options } of spilling) {
      const table = states.get(uid)?.table('state');
      if (table !== undefined) spills.set(uid, new Spill(uid, table, Number(options['rowsInMemory'])));
    }
    const side = new ColdSide(spills, blockBytes, definition.poison === 'dead_letter');
    side.compose(definition, code);
    return side;
  }

  get uids(): readonly string[] {
    return [...this.spills.keys()];
  }

  /** Says how many rows lie in the store when the job is restored. */
  holdElsewhere(uid: string, rows: number): void {
    this.spillOf(uid).table.holdElsewhere(rows);
  }

  beginLook({ batchId, batchTimeMs }: { readonly batchId: number; readonly batchTimeMs: number }): void {
    this.context = Object.freeze({ batchId, batchTimeMs });
    for (const spill of this.spills.values()) spill.beginLook();
  }

  look(source: string, piece: InputPiece): void {
    const loop = this.loops.get(source);
    if (loop === undefined) return;
    const { where, context, goesOn } = this;
    try {
      const counter = new RecordCounter('skip', this.where);
      const run = ({ bytes, from, to, text }: InputPiece): void => {
        loop.function.run(bytes, from, to, text, context, counter);
      };
      feedLines(piece, { text: loop.text, where, run }, () => goesOn);
    } catch {
      // The batch will throw the same, at the same record, and needs no key behind it.
    }
  }

  /** The next block of keys that the batch needs, as rows without columns; undefined at the end. */
  missing(): StateBlock | undefined {
    return this.next(function* (spill, bytesMax) {
      const frozen = spill.missing.freeze('full');
      for (let block = frozen?.next(bytesMax); block !== undefined; block = frozen?.next(bytesMax)) yield block;
    });
  }

  /** Takes rows of the store. @throws RangeError, SyntaxError for a block that is not the operator's. */
  load(uid: string, block: Uint8Array): void {
    this.spillOf(uid).table.load(readBlock(block));
  }

  /** The next block that the store must take after a batch; undefined at the end. */
  spilled(): StateBlock | undefined {
    return this.next((spill, bytesMax) => spill.evict(bytesMax));
  }

  private next(of: (spill: Spill, bytesMax: number) => Iterable<Omit<StateBlock, 'uid'>>): StateBlock | undefined {
    this.blocks ??= blocksOf([...this.spills.values()], (spill) => of(spill, this.blockBytes));
    const next = this.blocks.next();
    if (next.done === true) this.blocks = undefined;
    return next.value;
  }

  private spillOf(uid: string): Spill {
    const spill = this.spills.get(uid);
    if (spill === undefined) throw new RangeError(`no rows of "${uid}" lie in a cold store`);
    return spill;
  }

  /** Generates a loop for each source that ends at the keys. */
  private compose(definition: CheckedDefinition, code: GeneratedCode): void {
    const { where } = this;
    const pruned = { ...definition, nodes: upToKeys(definition.nodes) };
    const chains = new Chains(pruned, code, where);
    for (const node of pruned.nodes) {
      const spill = isSpilling(node) ? this.spills.get(node.uid ?? '') : undefined;
      if (spill !== undefined)
        chains.operators.set(
          node.id,
          inlined((row) => lookCode(code, spill, row)),
        );
      // When a row happened has no say in its key.
      else if (node.kind === 'eventTime') {
        chains.operators.set(
          node.id,
          inlined((row) => chains.emitCode(node.id, row)),
        );
      } else if (node.kind === 'split')
        chains.operators.set(node.id, splitOf(node, { chains, code, where, definition }));
    }
    for (const node of pruned.nodes.filter(({ kind }) => kind === 'source')) {
      const emitCode = (row: RowCode): string => chains.emitCode(node.id, row);
      const loop =
        node.schema === undefined
          ? plainLoop(node, code, where, emitCode)
          : schemaLoop(node, fieldsNeeded(pruned, node), code, where, emitCode);
      this.loops.set(node.uid ?? '', loop);
    }
  }
}

function* blocksOf(
  spills: readonly Spill[],
  blocks: (spill: Spill) => Iterable<Omit<StateBlock, 'uid'>>,
): Generator<StateBlock, undefined> {
  for (const spill of spills)
    for (const { bytes, rows, deleted } of blocks(spill)) yield { uid: spill.uid, bytes, rows, deleted };
}

/** The nodes that spill, without what they do to a row, and all that they read from. */
function upToKeys(nodes: readonly CheckedNode[]): readonly CheckedNode[] {
  const needed = new Set(nodes.filter(isSpilling).map(({ id }) => id));
  for (const node of [...nodes].reverse()) if (needed.has(node.id)) for (const id of node.inputs) needed.add(id);
  return nodes
    .filter(({ id }) => needed.has(id))
    .map((node) => {
      if (!isSpilling(node)) return node;
      // No figures: it looks at nothing but the key.
      return { ...node, functions: {}, options: { rowsInMemory: node.options['rowsInMemory'], aggregates: [] } };
    });
}

function lookCode(code: GeneratedCode, spill: Spill, row: RowCode): string {
  const [self, table] = code.constantsOf(spill, spill.table);
  const [id, missing] = [code.local('id'), code.local('missing')];
  return `${findKey(table, row, id)}
if (${id} >= 0) ${self}.use(${id});
else {
${idOfKey(`${self}.missing`, row, missing)}
}`;
}

/** An operator that stands in the loop of whoever it reads from. */
const inlined = (inline: (row: RowCode) => string): Operator => ({ inline, push: () => undefined });

/** A split of its own: what it counts is counted by the batch. */
function splitOf(
  node: CheckedNode,
  parts: {
    readonly chains: Chains;
    readonly code: GeneratedCode;
    readonly where: Whereabouts;
    readonly definition: CheckedDefinition;
  },
): Operator {
  const { chains, code, where, definition } = parts;
  return split({
    node,
    code,
    where,
    batchIntervalMs: definition.batchIntervalMs,
    emitCode: (row, tag) => chains.emitCode(node.id, row, tag),
    emitter: (tag) => chains.emitter(node.id, tag),
    isKeyed: (port) => chains.isKeyed(node.inputs[port] ?? -1),
    watermark: undefined,
  });
}
