import { ruleOf, type CheckedDefinition, type CheckedNode } from '../graph/checked-definition.js';
import { aggregatorOf } from '../graph/operators/aggregators.js';

/** What a job looks at in the records of a source: single fields, or all of a record. */
export interface FieldsNeeded {
  readonly whole: boolean;
  readonly fields: ReadonlySet<string>;
}

const DEPTH_MAX = 10;

/**
 * Projection push-down: follows a source's records to everyone who reads them. Whoever hands a record to the job's code, or
 * keeps it, needs it as a whole.
 */
export function fieldsNeeded({ nodes }: CheckedDefinition, source: CheckedNode): FieldsNeeded {
  const fields = new Set<string>();
  const readersOf = (id: number): readonly CheckedNode[] => nodes.filter(({ inputs }) => inputs.includes(id));
  const needsWhole = (node: CheckedNode, depth: number): boolean => {
    const { kind, options } = node;
    const own = ownFields(node);
    if (own === undefined || depth > DEPTH_MAX) return true;
    for (const field of own) fields.add(field);
    const outputs = readersOf(node.id).filter((reader) => reader.kind === 'output');
    // Records that come too late go on as they came.
    if (options['aggregates'] !== undefined) return outputs.length > 0;
    const readers = readersOf(node.id).filter((reader) => !outputs.includes(reader));
    return kind === 'source' || keepsRecord(kind)
      ? readers.map((reader) => needsWhole(reader, depth + 1)).includes(true)
      : true;
  };
  const whole = readersOf(source.id)
    .map((reader) => needsWhole(reader, 0))
    .includes(true);
  return { whole, fields };
}

/** Whether a row behind it still has the record of its input for a value, where that lies. A union's are handed over as a whole. */
function keepsRecord(kind: CheckedNode['kind']): boolean {
  const { passesOn, inputs } = ruleOf(kind);
  return passesOn !== undefined && inputs === 'one';
}

/** The fields that the node itself reads; undefined where it is given the record. */
function ownFields({ kind, options, functions }: CheckedNode): readonly string[] | undefined {
  if (Object.keys(functions).length > 0) return undefined;
  const { field, aggregates } = options as {
    readonly field?: string;
    readonly aggregates?: readonly { readonly kind: string; readonly field?: string }[];
  };
  if (aggregates?.some((figure) => figure.field === undefined && aggregatorOf(figure.kind)?.takesAny === true)) {
    return undefined;
  }
  if (aggregates !== undefined) return aggregates.flatMap((figure) => figure.field ?? []);
  return keepsRecord(kind) && field !== undefined ? [field] : undefined;
}
