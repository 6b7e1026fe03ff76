/** One page of a list. `next` is the `after` of the following page, null on the last one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface PageRequest {
  /** The `next` of the page before. */
  readonly after?: string;
  /** Items on a page, at most 100; 20 by default. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A list that is fetched when it is used: `await` it for one page, or `for await` over it for every item. */
export class Listing<Item> implements PromiseLike<Page<Item>>, AsyncIterable<Item> {
  constructor(
    private readonly first: string | undefined,
    private readonly fetchPage: (after: string | undefined) => Promise<Page<Item>>,
  ) {}

  then<Fulfilled = Page<Item>, Rejected = never>(
    onFulfilled?: ((page: Page<Item>) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.fetchPage(this.first).then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    for (let after = this.first; ;) {
      const page = await this.fetchPage(after);
      yield* page.items;
      if (page.next === null) return;
      after = page.next;
    }
  }
}
