/** Amounts of other currencies in euros, to a cent. */
const RATES = { eur: 1, usd: 0.91, gbp: 1.17 };

export function toEuros(amount, currency) {
  return Math.round(100 * amount * (RATES[currency] ?? 1)) / 100;
}

export function format(amount) {
  return amount.toFixed(2) + ' EUR';
}
