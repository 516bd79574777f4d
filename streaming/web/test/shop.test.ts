import { expect, test } from "vitest";
import { type Embedder, type Message, ShopLink, readProductData } from "../src/products/shop";

const SHOP = "https://shop.example";
const ALL = ["PROVIDE_PRODUCT_DATA", "ADD_TO_CART", "UPDATE_ITEM_IN_CART", "CHECKOUT", "SYNC_CART_STATE"];

function stage(patienceMs = 1000) {
  const sent: Message[] = [];
  const carts: unknown[] = [];
  const ears = new Map<string, (message: Message) => void>();
  const embedder = { origin: SHOP, send: (message: Message) => void sent.push(message), on: (type: string, ear: (message: Message) => void) => ears.set(type, ear) };
  const link = new ShopLink(embedder satisfies Embedder, (cart) => carts.push(cart), patienceMs);
  const say = (message: Message, origin = SHOP): void => {
    embedder.origin = origin;
    ears.get(String(message["type"]))?.(message);
    embedder.origin = SHOP;
  };
  return { link, sent, carts, say };
}

test("a shop of the channel is asked, and answers", async () => {
  const { link, sent, say } = stage();
  link.allow([SHOP]);
  say({ type: "SHOP", handles: ALL });
  const answer = link.ask("ADD_TO_CART", { item: { sku: "C-S", quantity: 1 } });
  expect(sent).toEqual([{ type: "ADD_TO_CART", id: 1, item: { sku: "C-S", quantity: 1 } }]);
  say({ type: "ANSWER", id: 1, ok: true });
  expect(await answer).toMatchObject({ ok: true });
});

test("other origins are not heard: not as a shop, and not with answers", async () => {
  const { link, say, carts } = stage(20);
  link.allow([SHOP, "https://second.example"]);
  say({ type: "SHOP", handles: ALL }, "https://evil.example");
  expect(link.answers("ADD_TO_CART")).toBe(false);
  say({ type: "SHOP", handles: ALL });
  const answer = link.ask("CHECKOUT", {});
  say({ type: "ANSWER", id: 1, ok: true }, "https://evil.example");
  say({ type: "ANSWER", id: 1, ok: true }, "https://second.example");
  say({ type: "SYNC_CART_STATE", items: [] }, "https://evil.example");
  expect(await answer).toEqual({ ok: false, reason: "no-answer", words: "" });
  expect(carts).toEqual([null]);
});

test("a shop may speak before the channel's list of shops is known", () => {
  const { link, say } = stage();
  say({ type: "SHOP", handles: ["CHECKOUT"] });
  say({ type: "SHOP", handles: ALL }, "https://evil.example");
  expect(link.answers("CHECKOUT")).toBe(false);
  link.allow([SHOP]);
  expect([link.answers("CHECKOUT"), link.answers("ADD_TO_CART")]).toEqual([true, false]);
});

test("answers are told apart, refusals have a reason and perhaps the shop's words, and silence is one too", async () => {
  const { link, say } = stage(30);
  link.allow([SHOP]);
  say({ type: "SHOP", handles: [...ALL, "DELETE_EVERYTHING", 7] });
  const [first, second, third] = [1, 2, 3].map((quantity) => link.ask("ADD_TO_CART", { item: { quantity } }));
  say({ type: "ANSWER", id: 2, ok: false, reason: "sold-out", words: "Somebody\nwas quicker" });
  say({ type: "ANSWER", id: 1, ok: "yes", reason: "whatever" });
  say({ type: "ANSWER", id: 99, ok: true });
  expect(await second).toEqual({ ok: false, reason: "sold-out", words: "Somebody was quicker" });
  expect(await first).toEqual({ ok: false, reason: "failed", words: "" });
  expect(await third).toEqual({ ok: false, reason: "no-answer", words: "" });
});

test("a shop that is no longer listed is left, and what was asked of it fails at once", async () => {
  const { link, say } = stage(60_000);
  link.allow([SHOP]);
  say({ type: "SHOP", handles: ALL });
  const answer = link.ask("CHECKOUT", {});
  link.allow([]);
  expect(await answer).toMatchObject({ ok: false, reason: "no-answer" });
  expect(await link.ask("CHECKOUT", {})).toMatchObject({ ok: false, reason: "unavailable" });
});

test("a cart comes as SKUs and quantities; the rest is left out", () => {
  const { link, say, carts } = stage();
  link.allow([SHOP]);
  say({ type: "SHOP", handles: ALL });
  say({ type: "SYNC_CART_STATE", items: [{ sku: "C-S", quantity: 2 }, { sku: "x", quantity: 0 }, { quantity: 1 }, "no"] });
  expect(carts.at(-1)).toEqual([{ sku: "C-S", quantity: 2 }]);
});

test("a shop is not asked while another page is around this one", async () => {
  const { link, say, sent } = stage();
  link.allow([SHOP]);
  say({ type: "SHOP", handles: { 0: "CHECKOUT" } });
  expect(link.answers("CHECKOUT")).toBe(false);
  say({ type: "SHOP", handles: ALL }, "https://other.example");
  expect(await link.ask("CHECKOUT", {})).toMatchObject({ ok: false, reason: "unavailable" });
  expect(sent).toEqual([]);
});

test("prices and stock of the shop are read as suspiciously as the feed", () => {
  const data = [
    { product: "coat", price: { amount: 39900, currency: "EUR" }, skus: [{ sku: "C-S", stock: 2.7 }, { sku: "C-M", stock: "many" }] },
    { product: "hat", price: { amount: "free", currency: "EUR" } },
    { price: 3 },
  ];
  expect(readProductData(data)).toEqual([
    { product: "coat", price: { amount: 39900, currency: "EUR" }, stock: { "C-S": 2 } },
    { product: "hat", price: null, stock: {} },
  ]);
});
