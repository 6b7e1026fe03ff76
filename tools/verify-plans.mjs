// `npm run verify:plans -- [--all] [folder …]`: plans the new source of cases in edits/ against a job that runs the old one on
// a whole service and commits every 200 ms, and holds what the plan says against the case's label, and the job's batches
// meanwhile against their schedule: no gap, and none later than one interval. Without arguments it takes some cases of
// each label, with --all every one, with folders those in them. The last line is "N right, M wrong"; exit code 1 if one is
// wrong, there is a gap, or a batch was late. How a case looks: edits/README.md.
import { runCheck } from './edits/run-check.mjs';

await runCheck('plans/check-plans.mjs');
