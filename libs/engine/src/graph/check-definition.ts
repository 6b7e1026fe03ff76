import { POISON_POLICIES, type BundleManifest, type Poison, type StateShape } from '@tidemark/domain';
import type { NodeKind } from '@tidemark/streams';
import { SOURCES_MAX } from '../batch-bounds.js';
import { checkColdState } from './check-cold-state.js';
import { checkFlow, checkWindowedByInterval, INTERVAL_LIMITS, type CheckedFlow } from './check-flow.js';
import { keySchemaOf } from './key-schema.js';
import { stateSchemaOf, stepsOf } from './state-versions.js';
import {
  KIND_RULES,
  MIGRATIONS,
  ruleOf,
  type CheckedDefinition,
  type CheckedNode,
  type KindRule,
  type TenantFunction,
} from './checked-definition.js';
import { checkOperator, checkStreams, parametersOf } from './check-operators.js';
import { printable } from './printable.js';
import { sortByInputs } from './sort-by-inputs.js';
import { isStorable } from './storable.js';

/** Why a definition is refused: a code of the error catalogue with its parameters. Places are of the running code. */
export type DefinitionProblem =
  | { readonly code: 'bundle_defines_no_job'; readonly params: { readonly reason: string } }
  | { readonly code: 'graph_uid_missing'; readonly params: { readonly kind: string; readonly at: string } }
  | {
      readonly code: 'graph_uid_twice';
      readonly params: { readonly uid: string; readonly at: string; readonly firstAt: string };
    }
  | { readonly code: 'graph_has_cycle'; readonly params: { readonly through: readonly string[]; readonly at: string } }
  | { readonly code: 'graph_invalid'; readonly params: { readonly reason: string; readonly at: string } };

export type Checked =
  | { readonly outcome: 'valid'; readonly definition: CheckedDefinition; readonly manifest: BundleManifest }
  | { readonly outcome: 'invalid'; readonly problems: readonly [DefinitionProblem, ...DefinitionProblem[]] };

export const DEFINITION_LIMITS = {
  nodesMax: 1_000,
  inputsMax: 100,
  sourcesMax: SOURCES_MAX,
  optionsCharsMax: 65_536,
  ...INTERVAL_LIMITS,
  slidesPerWindowMax: 10_000,
} as const;

const JOB_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const UID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Judges what a bundle exports. `value` is foreign: it may be anything, and reading it may run code. Everything is read
 * once and copied; nothing that it throws gets out.
 */
export function checkDefinition(value: unknown): Checked {
  const problems: DefinitionProblem[] = [];
  try {
    const definition = readDefinition(value, problems);
    const [first, ...more] = problems;
    if (first !== undefined) return { outcome: 'invalid', problems: [first, ...more] };
    if (definition !== undefined) return { outcome: 'valid', definition, manifest: manifestOf(definition) };
  } catch {
    // A getter or a proxy of the definition threw.
  }
  return { outcome: 'invalid', problems: [noJob('its default export cannot be read')] };
}

function readDefinition(value: unknown, problems: DefinitionProblem[]): CheckedDefinition | undefined {
  if (!isObject(value) || value['tidemark'] !== 1) {
    problems.push(noJob(`its default export is ${nameOf(value)} instead of what defineJob(…) returns`));
    return undefined;
  }
  const { name, poison, nodes: foreignNodes } = value;
  const invalid = (reason: string, at = 'defineJob'): void => {
    problems.push({ code: 'graph_invalid', params: { reason, at } });
  };
  if (typeof name !== 'string' || !JOB_NAME.test(name)) {
    invalid("the job's name must be 1 to 63 lower-case letters, digits and dashes, with no dash at either end");
  }
  const timing = checkFlow(value, invalid);
  if (!isPoison(poison)) invalid(`poison must be one of ${POISON_POLICIES.join(', ')}`);
  if (!Array.isArray(foreignNodes) || foreignNodes.length > DEFINITION_LIMITS.nodesMax) {
    invalid(`a job has at most ${DEFINITION_LIMITS.nodesMax} operators, sources and sinks`);
    return undefined;
  }
  const nodes = Array.from(foreignNodes as readonly unknown[], (node, index) => readNode(node, index, problems));
  if (problems.length > 0) return undefined;
  const whole = nodes.filter((node) => node !== undefined);
  const sorted = checkGraph(whole, timing, problems);
  return { name: name as string, ...timing, poison: poison as Poison, nodes: sorted };
}

const isPoison = (value: unknown): boolean => (POISON_POLICIES as readonly unknown[]).includes(value);

function readNode(value: unknown, index: number, problems: DefinitionProblem[]): CheckedNode | undefined {
  if (!isObject(value)) {
    problems.push(noJob(`its node ${index} is ${nameOf(value)}`));
    return undefined;
  }
  const { id, kind: foreignKind, uid, inputs, connector, options, functions, schema, at: foreignAt } = value;
  const at = typeof foreignAt === 'string' ? printable(foreignAt, 300) : 'unknown';
  const before = problems.length;
  const invalid = (reason: string): void => {
    problems.push({ code: 'graph_invalid', params: { reason, at } });
  };
  if (typeof foreignKind !== 'string' || !Object.hasOwn(KIND_RULES, foreignKind)) {
    invalid(`there is no operator "${String(foreignKind).slice(0, 50)}"`);
    return undefined;
  }
  const kind = foreignKind as NodeKind;
  const rule = ruleOf(kind);
  if (id !== index) invalid(`node ${index} has the id ${String(id).slice(0, 50)}`);
  if (rule.needsUid) checkUid(uid, kind, at, problems);
  if (rule.inputs === 'none' || kind === 'sink') {
    if (typeof connector !== 'string' || !/^[a-z][a-z0-9-]{0,30}$/.test(connector))
      invalid(`the ${kind} names no connector`);
  }
  const copiedOptions = copyOptions(options);
  if (copiedOptions === undefined)
    invalid(
      `the options of the ${kind} must be plain JSON of at most ${DEFINITION_LIMITS.optionsCharsMax} characters and 50 levels, without NUL and without half of a surrogate pair`,
    );
  const copiedSchema = schema === undefined ? undefined : copyOptions(schema);
  if (schema !== undefined && copiedSchema === undefined) invalid(`the schema of the ${kind} is no JSON Schema`);
  const copiedInputs = copyInputs(inputs, rule.inputs);
  if (copiedInputs === undefined) invalid(`the inputs of the ${kind} are not what it takes`);
  const copiedFunctions = copyFunctions(functions, rule.functions);
  if (typeof copiedFunctions === 'string') invalid(`the ${kind} needs a function as its "${copiedFunctions}"`);
  if (problems.length > before || copiedInputs === undefined || typeof copiedFunctions === 'string') return undefined;
  return {
    id: index,
    kind,
    uid: rule.needsUid ? (uid as string) : undefined,
    inputs: copiedInputs,
    connector: typeof connector === 'string' ? connector : undefined,
    options: copiedOptions ?? {},
    functions: copiedFunctions,
    schema: copiedSchema,
    at,
  };
}

function checkUid(uid: unknown, kind: string, at: string, problems: DefinitionProblem[]): void {
  if (typeof uid !== 'string' || uid === '') {
    problems.push({ code: 'graph_uid_missing', params: { kind, at } });
  } else if (!UID.test(uid) || uid in Object.prototype) {
    const reason = `the uid ${JSON.stringify(uid.slice(0, 100))} must be 1 to 100 letters, digits, dots, dashes and underscores, begin with a letter or digit, and be no member of every object`;
    problems.push({ code: 'graph_invalid', params: { reason, at } });
  }
}

function checkGraph(
  nodes: readonly CheckedNode[],
  timing: CheckedFlow,
  problems: DefinitionProblem[],
): readonly CheckedNode[] {
  const invalid = (reason: string, at: string): void => {
    problems.push({ code: 'graph_invalid', params: { reason, at } });
  };
  const firstWithUid = new Map<string, CheckedNode>();
  for (const node of nodes) {
    if (node.uid !== undefined) {
      const first = firstWithUid.get(node.uid);
      if (first === undefined) firstWithUid.set(node.uid, node);
      else problems.push({ code: 'graph_uid_twice', params: { uid: node.uid, at: node.at, firstAt: first.at } });
    }
    for (const input of node.inputs) {
      const from = nodes[input];
      if (from === undefined) invalid(`the ${node.kind} reads from node ${input}, which does not exist`, node.at);
      else if (from.kind === 'sink') invalid(`the ${node.kind} reads from a sink`, node.at);
    }
    if (ruleOf(node.kind).window) checkWindow(node, timing, invalid);
    checkOperator(node, (reason) => {
      invalid(reason, node.at);
    });
  }
  const sources = nodes.filter(({ kind }) => kind === 'source').length;
  if (sources === 0) invalid('the job has no source', 'defineJob');
  if (sources > DEFINITION_LIMITS.sourcesMax)
    invalid(`the job has ${sources} sources; it may have ${DEFINITION_LIMITS.sourcesMax}`, 'defineJob');
  if (!nodes.some(({ kind }) => kind === 'sink'))
    invalid('the job has no sink: nothing would come out of it', 'defineJob');
  if (problems.length > 0) return nodes;
  const sorted = sortByInputs(nodes);
  if (sorted.outcome === 'sorted') {
    for (const [node, reason] of checkStreams(sorted.nodes)) invalid(reason, node.at);
    for (const [node, reason] of checkColdState(sorted.nodes)) invalid(reason, node.at);
    return sorted.nodes;
  }
  const [first] = sorted.through;
  problems.push({
    code: 'graph_has_cycle',
    params: { through: sorted.through.map(({ kind, uid }) => uid ?? kind), at: first?.at ?? 'unknown' },
  });
  return nodes;
}

function checkWindow(node: CheckedNode, timing: CheckedFlow, invalid: (reason: string, at: string) => void): void {
  const { batchIntervalMs: intervalMs } = timing;
  const { windowMs, slideMs } = node.options;
  checkWindowedByInterval(node, timing, (reason) => {
    invalid(reason, node.at);
  });
  if (!isWholeMs(windowMs) || !isWholeMs(slideMs)) {
    invalid(`the window and slide of ${node.kind} must be durations, for example '30 s'`, node.at);
  } else if (intervalMs > 0 && slideMs % intervalMs !== 0) {
    invalid(`the slide of ${slideMs} ms is not a multiple of the batch interval of ${intervalMs} ms`, node.at);
  } else if (windowMs % slideMs !== 0) {
    invalid(`the window of ${windowMs} ms is not a multiple of its slide of ${slideMs} ms`, node.at);
  } else if (windowMs / slideMs > DEFINITION_LIMITS.slidesPerWindowMax) {
    invalid(
      `the window of ${windowMs} ms has more than ${DEFINITION_LIMITS.slidesPerWindowMax} slides of ${slideMs} ms`,
      node.at,
    );
  }
}

function copyOptions(options: unknown): { readonly [name: string]: unknown } | undefined {
  const text: string | undefined = JSON.stringify(options ?? {});
  if (text === undefined || text.length > DEFINITION_LIMITS.optionsCharsMax) return undefined;
  const copy: unknown = JSON.parse(text);
  return isObject(copy) && !Array.isArray(copy) && isStorable(copy) ? copy : undefined;
}

const INPUTS = { none: 0, one: 1, two: 2, 'stream and side': 2 };

function copyInputs(inputs: unknown, rule: KindRule['inputs']): readonly number[] | undefined {
  if (!Array.isArray(inputs) || inputs.length > DEFINITION_LIMITS.inputsMax) return undefined;
  const copy = Array.from(inputs as readonly unknown[]);
  if (!copy.every((input): input is number => Number.isSafeInteger(input) && (input as number) >= 0)) return undefined;
  const { length } = copy;
  const fits = rule === 'several' ? length > 1 : length === INPUTS[rule];
  return fits ? copy : undefined;
}

/** @returns the name of the first function that is missing, or the functions. */
function copyFunctions(
  functions: unknown,
  roles: readonly string[],
): string | { readonly [role: string]: TenantFunction } {
  const copy: { [role: string]: TenantFunction } = {};
  if (roles.includes('*')) {
    for (const [role, found] of Object.entries(isObject(functions) ? functions : {})) {
      if (typeof found !== 'function') return role;
      copy[role] = found as TenantFunction;
    }
    return copy;
  }
  for (const name of rolesIn(functions, roles)) {
    const role = name.replace('?', '');
    const found: unknown = isObject(functions) ? functions[role] : undefined;
    if (typeof found === 'function') copy[role] = found as TenantFunction;
    else if (role === name || found !== undefined) return role;
  }
  return copy;
}

/** With each step of a migration that is there. */
function rolesIn(functions: unknown, roles: readonly string[]): readonly string[] {
  if (!roles.includes(MIGRATIONS)) return roles;
  const steps = Object.keys(isObject(functions) ? functions : {}).filter((role) => role.startsWith('migrate.'));
  return [...roles.filter((role) => role !== MIGRATIONS), ...steps];
}

function manifestOf({ name, batchIntervalMs, flow, poison, nodes }: CheckedDefinition): BundleManifest {
  const byId = [...nodes].sort((a, b) => a.id - b.id);
  const shapes: { [uid: string]: StateShape } = {};
  const migrations: { [uid: string]: readonly number[] } = {};
  for (const node of byId) {
    const { state } = ruleOf(node.kind);
    if (state === undefined || node.uid === undefined) continue;
    shapes[node.uid] = shapeOf(node, state, byId);
    const steps = stepsOf(node);
    if (steps.size > 0) migrations[node.uid] = [...steps.keys()].sort((a, b) => a - b);
  }
  return {
    definition: 1,
    name,
    batchIntervalMs,
    flow,
    poison,
    nodes: byId.map(({ id, kind, uid, inputs, connector, options, at }) => ({
      id,
      kind,
      uid,
      inputs,
      connector,
      options,
      at,
    })),
    shapes,
    ...(Object.keys(migrations).length === 0 ? {} : { migrations }),
  };
}

function shapeOf(
  node: CheckedNode,
  [name, version]: readonly [string, number],
  byId: readonly CheckedNode[],
): StateShape {
  const schema = stateSchemaOf(node);
  const keySchema = keySchemaOf(node, byId);
  const stateVersion = node.options['version'];
  return {
    kind: node.kind,
    key: 'json',
    value: 'json',
    codec: { name, version },
    parameters: parametersOf(node),
    ...(schema === undefined ? {} : { schema }),
    ...(stateVersion === undefined ? {} : { version: stateVersion as number }),
    ...(keySchema === undefined ? {} : { keySchema }),
  };
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

const isWholeMs = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function noJob(reason: string): DefinitionProblem {
  return { code: 'bundle_defines_no_job', params: { reason } };
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
