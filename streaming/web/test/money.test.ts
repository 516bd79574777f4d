import { expect, test } from "vitest";
import server from "../../../vrlive/show/money.py?raw";
import { money, totals } from "../src/products/money";

test("prices are written as people write them, from the currency's smallest unit", () => {
  expect(money({ amount: 45900, currency: "EUR" }, "en-GB")).toBe("€459");
  expect(money({ amount: 1250, currency: "GBP" }, "en-GB")).toBe("£12.50");
  expect(money({ amount: 12800, currency: "JPY" }, "en-US")).toBe("¥12,800"); // no decimals
  expect(money({ amount: 12345, currency: "KWD" }, "en-US")).toContain("12.345"); // three
  expect(money({ amount: 45900, currency: "CNY" }, "zh-CN")).toBe("¥459");
  expect(money({ amount: 5, currency: "XXQ" }, "en-GB")).toContain("0.05"); // a currency that is none is shown as it is called
});

test("a browser's own idea of a currency's digits does not make its prices a hundred times as high", () => {
  expect(money({ amount: 45900, currency: "HUF" }, "en-US")).toMatch(/\D459$/);
  expect(money({ amount: 45950, currency: "HUF" }, "en-US")).toContain("459.50");
  expect(money({ amount: 1999000, currency: "IDR" }, "en-US")).toContain("19,990");
  expect(money({ amount: 12345, currency: "IQD" }, "en-US")).toContain("12.345");
});

test("every currency of the server has the server's digits", () => {
  const table = server.slice(server.indexOf("_WITH_DIGITS"), server.indexOf("DIGITS: Final = {code"));
  const all = table.split(/^ {4}(?=\d:)/m).slice(1).flatMap((row) => [...row.matchAll(/\b[A-Z]{3}\b/g)].map(([code]) => [code, Number(row[0])] as const));
  expect(all.length).toBeGreaterThan(150);
  for (const [code, digits] of all) {
    const [whole, rest] = ["7", "654321".slice(0, digits)];
    const shown = money({ amount: Number(whole + rest), currency: code }, "en-US").match(/\d+(\.\d+)?$/)?.[0];
    expect(`${code} ${shown}`).toBe(`${code} ${digits > 0 ? `${whole}.${rest}` : whole}`);
  }
});

test("each currency has its sum, and what has no price is in none", () => {
  const eur = (amount: number, quantity: number) => ({ price: { amount, currency: "EUR" }, quantity });
  expect(totals([eur(45900, 1), { price: { amount: 1000, currency: "USD" }, quantity: 3 }, eur(9900, 2), { price: null, quantity: 9 }])).toEqual([
    { amount: 65700, currency: "EUR" },
    { amount: 3000, currency: "USD" },
  ]);
});
