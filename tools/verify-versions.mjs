// `npm run verify:versions -- [--previous <commit>] [--rounds <n>]`: runs this version and the one before it side by side
// and holds the output of jobs against what it must be. The version before is the newest tag or, without one, the commit
// before this one. The last line is "N combinations, lost N, twice N"; exit code 1 if anything was lost or given twice.
import { runCheck } from './edits/run-check.mjs';

await runCheck('versions/check-versions.mjs');
