import { afterEach, expect, test, vi } from "vitest";
import { Catalogue, available, priceOf } from "../src/products/catalogue";
import { readShow } from "../src/products/show";

const HERE = { here: "https://live.example/watch/demo" };
const WIRE = {
  revision: 7,
  title: "Autumn",
  shop_origins: ["https://shop.example/any/path", "javascript:alert(1)"],
  scene: {
    name: "boutique",
    title: "Boutique",
    floor_m: 1.6,
    garments: [
      garment("coat", -22, { title: "Belted wool coat", variant: "charcoal", product: "coat" }),
      garment("coat-plinth", -22, { title: "coat-plinth" }),
      garment("dress", 22, { title: "Crêpe dress" }),
      garment("shirt", 62, { title: "Oxford shirt" }),
    ],
  },
  products: [
    { id: "bag", name: "Bag", price: { amount: 9900, currency: "EUR" } },
    {
      id: "coat",
      name: "Coat",
      price: { amount: 45900, currency: "EUR" },
      garment: "coat",
      variants: [
        { id: "camel", name: "Camel", gltf_variant: "camel", sizes: [{ size: "S", sku: "C-S", stock: 3 }, { size: "M", sku: "C-M", stock: 0 }] },
        { id: "charcoal", name: "Charcoal", gltf_variant: "charcoal", price: { amount: 47900, currency: "EUR" } },
      ],
    },
    { id: "shirt", name: "Shirt", garment: "shirt" },
  ],
  pins: [{ product: "bag", since_unix_s: 1 }, { product: "coat", since_unix_s: 2 }],
};

function garment(name: string, yaw_deg: number, more: object): object {
  return { name, title: "", variant: "", variants: [], yaw_deg, pitch_deg: -5, height_m: 1.2, model: `/models/${name}.glb`, ...more };
}

function shop(wire: unknown = WIRE): Catalogue {
  const catalogue = new Catalogue("demo");
  catalogue.take(readShow(wire, HERE));
  return catalogue;
}

afterEach(() => vi.unstubAllGlobals());

test("what stands in the room comes clockwise from straight ahead, what stands nowhere last, and furniture not at all", () => {
  expect(shop().things.map((each) => each.id)).toEqual(["dress", "shirt", "coat", "bag"]);
});

test("a step to the right and to the left goes round, and takes an open card along", () => {
  const catalogue = shop();
  expect(catalogue.previous()?.id).toBe("bag");
  expect(catalogue.next()?.id).toBe("dress");
  expect(catalogue.next()?.id).toBe("shirt");
  expect(catalogue.selected).toBeNull();
  catalogue.select("shirt");
  catalogue.next();
  expect(catalogue.selected).toBe("coat");
});

test("a garment's name selects its product, and what is not there selects nothing", () => {
  const catalogue = shop();
  catalogue.select("coat-plinth");
  expect(catalogue.selected).toBeNull();
  catalogue.select("coat");
  expect(catalogue.thing(catalogue.selected)?.product?.name).toBe("Coat");
  catalogue.take(readShow({ ...WIRE, products: [], scene: null }, HERE));
  expect(catalogue.selected).toBeNull();
});

test("a product is seen in the variant that the garment has on, until the visitor chooses", () => {
  const catalogue = shop();
  const coat = catalogue.thing("coat")!.product!;
  expect(catalogue.variant(coat)?.id).toBe("charcoal");
  expect(priceOf(coat, catalogue.variant(coat))?.amount).toBe(47900);
  expect([...catalogue.worn]).toEqual([]);
  catalogue.choose(coat, "camel");
  expect(priceOf(coat, catalogue.variant(coat))?.amount).toBe(45900);
  expect([...catalogue.worn]).toEqual([["coat", "camel"]]);
});

test("the newest pin is the pinned product", () => {
  expect(shop().pinned?.id).toBe("coat");
  expect(shop({ ...WIRE, pins: [] }).pinned).toBeNull();
});

test("listeners hear each change once, and nothing when nothing changed", () => {
  const catalogue = shop();
  const heard = vi.fn();
  const stop = catalogue.follow(heard);
  catalogue.select("coat");
  catalogue.select("coat");
  catalogue.choose(catalogue.thing("coat")!.product!, "camel");
  catalogue.choose(catalogue.thing("coat")!.product!, "camel");
  expect(heard).toHaveBeenCalledTimes(2);
  stop();
  catalogue.select(null);
  expect(heard).toHaveBeenCalledTimes(2);
});

test("what the shop says of price and stock goes before the feed, also when that comes anew", () => {
  const catalogue = shop();
  catalogue.amend("coat", { price: { amount: 39900, currency: "EUR" }, stock: { "C-S": 0 } });
  catalogue.take(readShow(WIRE, HERE));
  const coat = catalogue.thing("coat")!.product!;
  expect(priceOf(coat, catalogue.variant(coat))?.amount).toBe(39900);
  expect(available(coat.variants[0]!.sizes)).toBe(false);
});

test("a revision is asked for once, and again when it moved meanwhile", async () => {
  let revision = 1;
  const asked = vi.fn(() => Promise.resolve(Response.json({ ...WIRE, revision: revision++ })));
  vi.stubGlobal("fetch", asked);
  vi.stubGlobal("location", { href: HERE.here });
  const catalogue = new Catalogue("demo");
  await catalogue.revise(undefined);
  expect(asked).not.toHaveBeenCalled();
  await Promise.all([catalogue.revise(1), catalogue.revise(2)]);
  await vi.waitFor(() => expect(catalogue.show?.revision).toBe(2));
  await catalogue.revise(2);
  expect(asked).toHaveBeenCalledTimes(2);
});

test("a server that is away leaves what is here", async () => {
  const catalogue = shop();
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  await catalogue.revise(9);
  expect(catalogue.show?.revision).toBe(7);
});

test("hostile fields are left out, and texts stay texts on one line", () => {
  const coat = (more: object): ReturnType<typeof read> => read({ id: "coat", ...more });
  const read = (product: unknown) => readShow({ products: [product] }, HERE)?.products[0];
  expect(coat({ name: "<img src=x onerror=alert(1)>" })?.name).toBe("<img src=x onerror=alert(1)>");
  expect(coat({ name: "tao\u202Egpj\n\u0000 exe" })?.name).toBe("taogpj exe");
  expect(coat({ name: { toString: 1 } })?.name).toBe("coat");
  expect(coat({ name: "a".repeat(9999) })?.name.length).toBe(160);
  for (const link of ["javascript:alert(1)", "data:text/html,x", "//shop.example", "https://bank.example@evil.example/", "file:///etc/passwd", 7]) {
    expect(coat({ link })?.link, String(link)).toBeNull();
  }
  expect(coat({ link: "https://shop.example/coat?utm_source=vrlive" })?.link).toBe("https://shop.example/coat?utm_source=vrlive");
  for (const price of [{ amount: -1, currency: "EUR" }, { amount: 1.5, currency: "EUR" }, { amount: 1, currency: "<b>" }, { amount: "1", currency: "EUR" }, "free"]) {
    expect(coat({ price })?.price, JSON.stringify(price)).toBeNull();
  }
  expect(coat({ images: ["/i/1.jpg", "https://evil.example/1.jpg", "javascript:1", null] })?.images).toEqual(["https://live.example/i/1.jpg"]);
  const swatches = ["#c19a6b", "red;background:url(x)"].map((swatch) => coat({ variants: [{ id: "v", swatch }] })?.variants[0]?.swatch);
  expect(swatches).toEqual(["#c19a6b", null]);
  expect(coat({ variants: [{ id: "v", sizes: [{ sku: "s", stock: -3 }, { sku: "s", stock: 1 }, { size: "M" }] }] })?.variants[0]?.sizes).toEqual([
    { size: "", sku: "s", stock: 0 },
  ]);
  expect(readShow([], HERE)).toBeNull();
  expect(readShow({ products: "many", scene: 3, pins: {} }, HERE)?.products).toEqual([]);
  expect(shop().show?.shopOrigins).toEqual(["https://shop.example"]);
});

test("who needs a token asks with it, for pictures and models too, and sends it to nobody else", () => {
  const show = readShow({ products: [{ id: "coat", images: ["/i/1.jpg?v=2"], link: "https://shop.example/" }] }, { ...HERE, token: "s&t" });
  expect(show?.products[0]).toMatchObject({ images: ["https://live.example/i/1.jpg?v=2&access_token=s%26t"], link: "https://shop.example/" });
});

test("a model that viewers may not have is not asked for, nor one at another origin", () => {
  const read = (more: object) => readShow({ scene: { garments: [garment("coat", 0, more)] } }, HERE)?.scene?.garments[0]?.model;
  expect(read({})).toBe("https://live.example/models/coat.glb");
  expect(read({ deliver: "burned" })).toBeNull();
  expect(read({ model: "https://elsewhere.example/coat.glb" })).toBeNull();
});
