import { expect, test } from "vitest";
import { money, totals } from "../src/products/money";

test("prices are written as people write them, from the currency's smallest unit", () => {
  expect(money({ amount: 45900, currency: "EUR" }, "en-GB")).toBe("€459");
  expect(money({ amount: 1250, currency: "GBP" }, "en-GB")).toBe("£12.50");
  expect(money({ amount: 12800, currency: "JPY" }, "en-US")).toBe("¥12,800"); // no decimals
  expect(money({ amount: 12345, currency: "KWD" }, "en-US")).toContain("12.345"); // three
  expect(money({ amount: 45900, currency: "CNY" }, "zh-CN")).toBe("¥459");
  expect(money({ amount: 5, currency: "XXQ" }, "en-GB")).toContain("0.05"); // a currency that is none is shown as it is called
});

test("each currency has its sum, and what has no price is in none", () => {
  const eur = (amount: number, quantity: number) => ({ price: { amount, currency: "EUR" }, quantity });
  expect(totals([eur(45900, 1), { price: { amount: 1000, currency: "USD" }, quantity: 3 }, eur(9900, 2), { price: null, quantity: 9 }])).toEqual([
    { amount: 65700, currency: "EUR" },
    { amount: 3000, currency: "USD" },
  ]);
});
