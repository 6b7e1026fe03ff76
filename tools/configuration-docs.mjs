// Reads the variables of every process from the schemas in libs/config: name, default and what the comment above says.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './workspace.mjs';

const FOLDER = 'libs/config/src';
/** Defaults that the domain needs as well, as numbers with a name. */
const NAMED = 'libs/domain/src/scheduling/lease.ts';

/** @typedef {{ name: string, says: string, otherwise: string }} Variable */

/** @returns {{ process: string, variables: Variable[] }[]} one entry a `*.config.ts`, sorted by name */
export function configuration() {
  const files = readdirSync(join(root, FOLDER)).filter((file) => file.endsWith('.ts') && !file.includes('.test.'));
  const sources = new Map(files.map((file) => [file, parse(file)]));
  const shared = variablesIn(sources.get('shared.ts'), () => []);
  return [...sources]
    .filter(([file]) => file.endsWith('.config.ts'))
    .map(([file, source]) => ({
      process: file.slice(0, -'.config.ts'.length),
      variables: variablesIn(source, (name) => shared.filter((one) => name === undefined || one.name === name)),
    }))
    .sort((a, b) => (a.process < b.process ? -1 : 1));
}

function parse(file) {
  const text = readFileSync(join(root, FOLDER, file), 'utf8');
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** The members of the object literal that names variables; `fromShared` resolves what it takes from shared.ts. */
function variablesIn(source, fromShared) {
  const found = [];
  const visit = (node) => {
    const isVariable = ts.isPropertyAssignment(node) && node.name.getText().startsWith('TIDEMARK_');
    if (ts.isSpreadAssignment(node) && node.expression.getText() === 'sharedVariables') found.push(...fromShared());
    else if (isVariable && /^sharedVariables\./.test(node.initializer.getText()))
      found.push(...fromShared(node.name.getText()));
    else if (isVariable)
      found.push({
        name: node.name.getText(),
        says: commentOn(node),
        otherwise: otherwiseOf(node.initializer.getText()),
      });
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function commentOn(node) {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment))
    .join(' ');
  if (text.trim() === '') throw new Error(`${FOLDER}: ${node.name.getText()} has no comment that says what it is.`);
  return text.replace(/\s+/g, ' ').trim();
}

/** What holds when the variable is not set. */
function otherwiseOf(schema) {
  const set = /\.(?:default|prefault)\(\s*(?:String\()?(.*?)\)*$/s.exec(schema);
  if (set !== null) return `\`${valueOf(set[1])}\``;
  return /\.optional\(\)$/.test(schema) || /^[a-z]\w*$/.test(schema) ? 'not set' : 'must be set';
}

function valueOf(expression) {
  if (/^[A-Z][A-Z_]*$/.test(expression)) return numberCalled(expression);
  const mebibytes = /^(\d+) \* MIB$/.exec(expression);
  return mebibytes === null ? expression.replace(/^['"]|['"]$/g, '') : Number(mebibytes[1]) * 1024 * 1024;
}

function numberCalled(name) {
  const found = new RegExp(`^export const ${name} = ([\\d_]+);$`, 'm').exec(readFileSync(join(root, NAMED), 'utf8'));
  if (found === null) throw new Error(`${NAMED} has no number called ${name}, which is a default in ${FOLDER}.`);
  return Number(found[1].replaceAll('_', ''));
}
