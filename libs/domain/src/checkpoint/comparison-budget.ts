const SPENT_MAX = 8 * 1024 * 1024;
/** Characters of all changes together. */
const TOLD_MAX = 64 * 1024;

/** Thrown at the first difference; its message is the reason. */
export class Different extends Error {}

/** Thrown where there is no time to find one. */
export class TooLarge extends Different {
  constructor() {
    super('is too large to be compared');
  }
}

/**
 * What comparisons may cost together, in characters that they read. A place is read once for each that it is held against,
 * so it can be many times as much as the schemas are long; what is usual is a few times. The schemas are a tenant's, and who
 * compares them works for all tenants.
 */
export class ComparisonBudget {
  private spent = 0;
  private told = 0;

  /** Whether there was nothing left for something that came. */
  get isUsedUp(): boolean {
    return this.spent > SPENT_MAX || this.told > TOLD_MAX;
  }

  /** Throws where there is nothing left; `compareSchemas` answers `differs` then. */
  spend(characters: number): void {
    this.spent += characters;
    if (this.spent > SPENT_MAX) throw new TooLarge();
  }

  /** The same for what is said of changes, which is kept with every start. */
  tell(characters: number): void {
    this.told += characters;
    if (this.told > TOLD_MAX) throw new TooLarge();
  }

  untell(characters: number): void {
    this.told -= characters;
  }
}
