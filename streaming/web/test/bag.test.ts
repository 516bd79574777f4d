import { beforeEach, expect, test, vi } from "vitest";
import { Bag, MOST, kept, lineOf, lineOfSku, readLines, rowsOf } from "../src/products/bag";
import { thingsOf } from "../src/products/catalogue";
import { readShow } from "../src/products/show";

const SHOW = readShow(
  {
    products: [
      {
        id: "coat",
        name: "Coat",
        price: { amount: 45900, currency: "EUR" },
        variants: [{ id: "camel", sizes: [{ size: "S", sku: "C-S", stock: 2 }, { size: "M", sku: "C-M", stock: null }] }],
      },
      { id: "scarf", name: "Scarf", price: { amount: 9900, currency: "EUR" } },
    ],
  },
  { here: "https://live.example/" },
)!;
const [coat, scarf] = SHOW.products as [(typeof SHOW.products)[0], (typeof SHOW.products)[0]];
const [small, medium] = coat.variants[0]!.sizes;
const COAT_S = lineOf(coat, coat.variants[0]!, small!);

let store: Map<string, string>;
beforeEach(() => {
  store = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => store.set(key, value),
    removeItem: (key: string) => store.delete(key),
  });
});

test("a bag survives a reload, for its channel alone", () => {
  new Bag(kept("demo")).set(COAT_S, 2);
  expect(new Bag(kept("demo")).lines).toEqual([{ product: "coat", variant: "camel", sku: "C-S", quantity: 2 }]);
  expect(new Bag(kept("other")).count).toBe(0);
  new Bag(kept("demo")).set(COAT_S, 0);
  expect(store.size).toBe(0);
});

test("sizes are lines of their own, and a line that changes keeps its place", () => {
  const bag = new Bag(kept("demo"));
  bag.set(COAT_S, 1);
  bag.set(lineOf(coat, coat.variants[0]!, medium!), 3);
  bag.set(lineOf(scarf, null, null), 1);
  bag.set(COAT_S, 2);
  expect(bag.lines.map((each) => [each.sku ?? each.product, each.quantity])).toEqual([["C-S", 2], ["C-M", 3], ["scarf", 1]]);
  expect([bag.count, bag.quantity(COAT_S)]).toEqual([6, 2]);
});

test("nobody has less than nothing, half a thing or more than there may be", () => {
  const bag = new Bag(kept("demo"));
  bag.set(COAT_S, 1e9);
  expect(bag.count).toBe(MOST);
  bag.set(COAT_S, 1.5);
  expect(bag.count).toBe(1);
  bag.set(COAT_S, -1);
  expect(bag.lines).toEqual([]);
});

test("a row has today's price and stock, and says what is not sold any more", () => {
  const rows = rowsOf([{ ...COAT_S, quantity: 2 }, { product: "hat", variant: null, sku: null, quantity: 1 }, { ...COAT_S, sku: "gone", quantity: 1 }], SHOW);
  expect(rows.map((each) => [each.product?.name ?? null, each.price?.amount ?? null, each.most])).toEqual([["Coat", 45900, 2], [null, null, 0], [null, null, 0]]);
});

test("what a browser kept is read with suspicion", () => {
  const kepts = ["nonsense", "{}", '[{"product":"coat"}]', '[{"product":"coat","quantity":"2"}]', '[null,{"product":"coat","quantity":99}]'];
  const counts = kepts.map((text) => (store.set("vrlive.bag.demo", text), new Bag(kept("demo")).count));
  expect(counts).toEqual([0, 0, 0, 0, MOST]);
  expect(readLines([{ product: "coat", quantity: 0.5 }])).toEqual([]);
});

test("a shop's SKU is found again", () => {
  expect(lineOfSku("C-M", 2, thingsOf(SHOW))).toEqual({ product: "coat", variant: "camel", sku: "C-M", quantity: 2 });
  expect(lineOfSku("other", 2, thingsOf(SHOW))).toBeNull();
});
