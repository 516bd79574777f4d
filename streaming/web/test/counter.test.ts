import { Vector2 } from "three";
import { expect, test, vi } from "vitest";
import { keyOf, lineOf } from "../src/products/bag";
import { Catalogue } from "../src/products/catalogue";
import { readShow } from "../src/products/show";

// A canvas without a pen, as browsers give it where memory is short: panels have their marks, which are all that counts here.
class Blank {
  width = 1;
  height = 1;
  getContext = (): null => null;
}
vi.stubGlobal("OffscreenCanvas", Blank);

const variants = ["blue", "red"].map((id) => ({ id, sizes: [] }));
const SHOW = readShow({ products: [{ id: "scarf", name: "Scarf", price: { amount: 9900, currency: "EUR" }, variants }] }, { here: "https://live.example/" });

test("a scarf without sizes goes into the bag in a headset, and only the colour that is in it is said to be", async () => {
  const { Counter } = await import("../src/headset/counter");
  const catalogue = new Catalogue("demo");
  catalogue.take(SHOW);
  const bag: string[] = [];
  const add = (...what: Parameters<typeof lineOf>) => {
    bag.push(keyOf(lineOf(...what)));
    return Promise.resolve({ ok: true } as const);
  };
  const counter = new Counter({ catalogue, open: () => undefined, add, address: () => "" }, () => undefined);
  const show = vi.spyOn(counter.panel, "show");
  const button = (): string | undefined => show.mock.lastCall![0].marks.flatMap((each) => (each.kind === "button" && each.id === "add" ? [each.text] : []))[0];
  const press = (id: string): void => {
    const { marks, width, height } = show.mock.lastCall![0];
    const { box } = marks.find((each) => "id" in each && each.id === id)!;
    counter.panel.select(new Vector2((box.x + box.width / 2) / width, 1 - (box.y + box.height / 2) / height));
  };
  catalogue.follow(() => counter.refresh());
  counter.open(catalogue.things[0]!);
  expect(button()).toBe("Add to bag");
  press("add");
  await vi.waitFor(() => expect(button()).toBe("In your bag"));
  expect(bag).toEqual([JSON.stringify(["scarf", "blue"])]);
  press("variant:red");
  expect(button()).toBe("Add to bag");
  press("variant:blue");
  expect(button()).toBe("In your bag");
});
