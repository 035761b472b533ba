import { total } from "./money";

export class Till {
  private readonly prices: string[];

  constructor(prices: string[]) {
    this.prices = prices;
  }

  close(): string {
    const sum = total(this.prices);
    return `The till has ${sum} cents`;
  }
}
