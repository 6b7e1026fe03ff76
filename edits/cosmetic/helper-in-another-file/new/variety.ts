class Basket {
  private readonly kinds = new Set<string>();

  constructor(private readonly sizeMax: number) {}

  add(item: string): this {
    if (this.kinds.size < this.sizeMax) this.kinds.add(item);
    return this;
  }

  get size(): number {
    return this.kinds.size;
  }
}

export const variety = (items: readonly string[]): number => {
  const basket = new Basket(50);
  for (const item of items) basket.add(item);
  return basket.size;
};

