interface Price {
  readonly amount: string;
}

function cents(price: Price): number {
  const cents = Math.round(Number(price.amount) * 100);
  if (Number.isNaN(cents)) {
    throw new RangeError(`"${price.amount}" is no price`);
  }
  return cents;
}

export function total(amounts: string[]): number {
  return amounts.reduce((sum, amount) => sum + cents({ amount }), 0);
}
