import { expect, test } from "vitest";
import { type EventName, events } from "../src/events";
import { Bag, type Line, rowsOf } from "../src/products/bag";
import { Catalogue } from "../src/products/catalogue";
import { readShow } from "../src/products/show";
import { Till } from "../src/products/till";

const SIZES = [{ size: "S", sku: "C-S", stock: 9 }];
const SHOW = readShow({ products: [{ id: "coat", name: "Coat", variants: [{ id: "camel", sizes: SIZES }] }, { id: "scarf", name: "Scarf" }] }, { here: "https://live.example/" })!;

test("what goes into the bag and out of it is told, with how many", async () => {
  const catalogue = new Catalogue("demo");
  catalogue.take(SHOW);
  const kept = { value: [] as readonly Line[], follow: () => () => undefined };
  const till = new Till(null, catalogue, new Bag(kept), () => undefined);
  const told: [EventName, unknown][] = [];
  const stop = events.onAny((name, detail) => told.push([name, detail]));
  const [coat, scarf] = SHOW.products;
  await till.add(coat!, coat!.variants[0]!, coat!.variants[0]!.sizes[0]!, 3);
  await till.add(scarf!, null, null, 1);
  const change = (index: number, quantity: number) => till.change(rowsOf(kept.value, SHOW)[index]!, quantity);
  await change(0, 5);
  await change(0, 5);
  await change(0, 1);
  await change(1, 0);
  stop();
  expect(told).toEqual([
    ["add-to-cart", { product: "coat", sku: "C-S", quantity: 3 }],
    ["add-to-cart", { product: "scarf", sku: "scarf", quantity: 1 }],
    ["add-to-cart", { product: "coat", sku: "C-S", quantity: 2 }],
    ["remove-from-cart", { product: "coat", sku: "C-S", quantity: 4 }],
    ["remove-from-cart", { product: "scarf", sku: "scarf", quantity: 1 }],
  ]);
});
