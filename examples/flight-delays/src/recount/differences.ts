const LISTED_MAX = 20;

/** What does not agree, in order of discovery. Counts all and keeps the first few. */
export class Differences {
  private readonly first: string[] = [];
  private found = 0;

  get count(): number {
    return this.found;
  }

  add(sentence: string): void {
    this.found += 1;
    if (this.first.length < LISTED_MAX) this.first.push(sentence);
  }

  list(): readonly string[] {
    const rest = this.found - this.first.length;
    return rest === 0 ? this.first : [...this.first, `and ${rest} more`];
  }
}
