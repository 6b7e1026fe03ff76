import { ComparisonBudget } from './comparison-budget.js';
import type { OperatorVerdict } from './compatibility.js';
import { fitUnder, judgeCheckpoint, notComplete, type CheckpointFit, type RestoreFacts } from './restore-decision.js';

/** Characters of the verdicts on all checkpoints together, beyond the first one. */
const VERDICTS_MAX = 4 * 1024 * 1024;

type Judged =
  | { readonly outcome: 'compared'; readonly operators: readonly OperatorVerdict[]; readonly characters: number }
  | { readonly outcome: 'not_compared' };

const NOT_COMPARED = 'those before it took all that comparisons may cost at once; ask for fewer at a time';

/**
 * Holds checkpoints against one revision, one after the other, as `fitOf` does. The same state is compared once, and all of it
 * within what one start may spend: what comes once that is used up is `not_compared`. The first one never is.
 */
export class CheckpointFits {
  private readonly budget = new ComparisonBudget();
  private readonly judged = new Map<string, Judged>();
  private characters = 0;

  constructor(private readonly facts: Pick<RestoreFacts, 'policy' | 'revision' | 'wanted' | 'upgrade'>) {}

  of(checkpoint: RestoreFacts['checkpoints'][number]): CheckpointFit {
    const judged = this.judge(checkpoint);
    const isFirst = this.characters === 0;
    if (judged.outcome === 'compared' && (isFirst || this.characters + judged.characters <= VERDICTS_MAX)) {
      this.characters += judged.characters;
      return fitUnder(judged.operators, this.facts.policy, checkpoint.status);
    }
    if (checkpoint.status === 'complete') return { outcome: 'not_compared', operators: [], reasons: [NOT_COMPARED] };
    return { outcome: 'not_restorable', operators: [], reasons: [notComplete(checkpoint.status), NOT_COMPARED] };
  }

  private judge(checkpoint: RestoreFacts['checkpoints'][number]): Judged {
    // Of what was said when the revision was deployed nothing is meant for what it has kept itself.
    const key = `${checkpoint.revision === this.facts.revision} ${JSON.stringify(checkpoint.shapes)}`;
    const known = this.judged.get(key);
    if (known !== undefined) return known;
    const judged = this.compare(checkpoint);
    this.judged.set(key, judged);
    return judged;
  }

  private compare(checkpoint: RestoreFacts['checkpoints'][number]): Judged {
    if (this.budget.isUsedUp) return { outcome: 'not_compared' };
    const operators = judgeCheckpoint(checkpoint, this.facts, this.budget);
    // A start has the whole budget for one: only of the first one is it known what that comes to.
    if (this.budget.isUsedUp && this.judged.size > 0) return { outcome: 'not_compared' };
    return { outcome: 'compared', operators, characters: JSON.stringify(operators).length };
  }
}
