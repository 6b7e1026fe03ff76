// Writes the TypeScript types of openapi/api.v1.json. `--check` writes nothing and fails when they would change.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import prettier from 'prettier';
import { emitGenerated } from './emit-generated.mjs';
import { root } from './workspace.mjs';

const HEADER = '// Generated from openapi/api.v1.json by tools/contracts.mjs. Do not edit.\n';

const types = astToString(await openapiTS(pathToFileURL(join(root, 'openapi/api.v1.json'))));
const options = { ...(await prettier.resolveConfig(join(root, 'package.json'))), parser: 'typescript' };
const text = await prettier.format(HEADER + types, options);
await emitGenerated('libs/contracts/src/generated/api.v1.ts', text, 'node tools/contracts.mjs');
