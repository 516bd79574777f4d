/** Prices as people write them, in the page's language. */

import { language } from "../language";
import type { Price } from "./show";

/** The visitor's own way of writing numbers, where it is one of the page's language. */
export const LOCALE =
  typeof navigator === "undefined" ? language : (navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language);

/** Digits of a minor unit by ISO 4217, where they are not two. Browsers know how many people write (none of the forint's), and that is another number. */
const DIGITS = new Map<string, number>([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3] as const),
]);

/** “€459”, “£12.50”, “¥12,800”: a whole amount stands without its zeros. */
export function money({ amount, currency }: Price, locale: string = LOCALE): string {
  const digits = DIGITS.get(currency) ?? 2;
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits, trailingZeroDisplay: "stripIfInteger" } as const;
  return new Intl.NumberFormat(locale, { style: "currency", currency, ...shown }).format(amount / 10 ** digits);
}

/** The sum in each currency, in the order in which they come. */
export function totals(items: readonly { readonly price: Price | null; readonly quantity: number }[]): readonly Price[] {
  const sums = new Map<string, number>();
  for (const { price, quantity } of items) {
    if (price) sums.set(price.currency, (sums.get(price.currency) ?? 0) + price.amount * quantity);
  }
  return [...sums].map(([currency, amount]) => ({ amount, currency }));
}
