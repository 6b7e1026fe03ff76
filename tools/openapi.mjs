// Writes openapi/api.v1.json from the routes of apps/api. `--check` writes nothing and fails when it would change.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import prettier from 'prettier';
import { emitGenerated } from './emit-generated.mjs';
import { root } from './workspace.mjs';

const { openApiDocument } = await import(pathToFileURL(join(root, 'apps/api/dist/transport/openapi.js')).href);
const document = await openApiDocument();
const text = await prettier.format(JSON.stringify(document), { parser: 'json', printWidth: 120 });
await emitGenerated('openapi/api.v1.json', text, 'node tools/openapi.mjs');
