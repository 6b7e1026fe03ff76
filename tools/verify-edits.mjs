// `npm run verify:edits -- [folder]`: compares the old and the new source of every case in edits/ (or in another folder) by
// the project's own bundler, sandbox and verdicts, and holds what comes out against the case's label. The last line is
// "N right, M wrong"; exit code 1 if one is wrong. How a case looks: edits/README.md.
import { runCheck } from './edits/run-check.mjs';

await runCheck('edits/check-edits.mjs');
