/**
 * What a show sells and where it stands, as GET /api/v1/channels/<channel>/show says it.
 *
 * Names, prices and links come from feeds of strangers, by way of the server. So everything is read with suspicion: what is not of its kind is
 * left out, never passed on. Texts stay texts: whoever shows them sets text content.
 */

export interface Price {
  /** In the currency's smallest unit. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface Size {
  readonly size: string;
  readonly sku: string;
  /** How many there are; null: not counted. */
  readonly stock: number | null;
}

export interface Variant {
  readonly id: string;
  readonly name: string;
  /** The variant of the model (KHR_materials_variants). */
  readonly gltfVariant: string | null;
  readonly price: Price | null;
  readonly image: string | null;
  /** #rrggbb */
  readonly swatch: string | null;
  readonly sizes: readonly Size[];
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly description: string;
  readonly price: Price | null;
  /** Its page in the shop: http or https, and nothing else. */
  readonly link: string | null;
  /** Addresses at our own origin. */
  readonly images: readonly string[];
  readonly garment: string | null;
  readonly variants: readonly Variant[];
}

/** How a garment moves: docs/reference/scene.md. */
export type Motion =
  | { readonly kind: "turntable"; readonly periodS: number }
  | { readonly kind: "sway"; readonly periodS: number; readonly amplitudeDeg: number }
  | { readonly kind: "clip"; readonly name: string; readonly speed: number; readonly loop: boolean };

export interface Garment {
  readonly name: string;
  readonly title: string;
  readonly variant: string;
  readonly variants: readonly string[];
  /** Model → world, column by column. */
  readonly matrix: readonly number[] | null;
  readonly heightM: number | null;
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly deliver: "model" | "burned";
  /** Its GLB at our own origin. */
  readonly model: string | null;
  readonly product: string | null;
  readonly motion: Motion | null;
}

/** Something of the room that hides what is behind it: where it is, in shares of the panorama. */
export interface Occluder {
  readonly distanceM: number;
  /** Left, top, width, height. */
  readonly rectangle: readonly [number, number, number, number];
  /** A picture of all the panorama, white where it is. */
  readonly mask: string | null;
}

export interface Scene {
  readonly name: string;
  readonly title: string;
  readonly floorM: number | null;
  readonly occluders: readonly Occluder[];
  /** Whether more than these hides parts of garments, which only the server knows. */
  readonly occluded: boolean;
  readonly garments: readonly Garment[];
}

export interface Pin {
  readonly product: string;
  readonly sinceUnixS: number;
}

export interface Show {
  readonly revision: number;
  readonly title: string;
  readonly description: string;
  readonly host: string;
  readonly brand: string;
  readonly startsUnixS: number | null;
  readonly endsUnixS: number | null;
  readonly scene: Scene | null;
  readonly products: readonly Product[];
  /** The newest last. */
  readonly pins: readonly Pin[];
  /** Pages that may embed this one as its shop. */
  readonly shopOrigins: readonly string[];
}

const LONGEST_NAME = 160;
const LONGEST_TEXT = 4000;
const MOST = 2000; // of anything in one list: a page with more is no page

/** Where the show is read, and by what right. */
export interface Reader {
  /** The page's own address: relative addresses begin there. */
  readonly here: string;
  /** The token of a visitor who needs one; pictures and models are asked for with it. */
  readonly token?: string | null;
}

export function readShow(value: unknown, here: Reader): Show | null {
  const from = record(value);
  if (!from) return null;
  return {
    revision: finite(from["revision"]) ?? 0,
    title: name(from["title"]),
    description: text(from["description"]),
    host: name(from["host"]),
    brand: name(from["brand"]),
    startsUnixS: finite(from["starts_unix_s"]),
    endsUnixS: finite(from["ends_unix_s"]),
    scene: readScene(from["scene"], here),
    products: unique(list(from["products"], (each) => readProduct(each, here)), (each) => each.id),
    pins: list(from["pins"], readPin),
    shopOrigins: list(from["shop_origins"], (each) => webLink(each)).map((each) => new URL(each).origin),
  };
}

function readProduct(value: unknown, here: Reader): Product | null {
  const from = record(value);
  const id = name(from?.["id"]);
  if (!from || !id) return null;
  return {
    id,
    name: name(from["name"]) || id,
    brand: name(from["brand"]),
    description: text(from["description"]),
    price: readPrice(from["price"]),
    link: webLink(from["link"]),
    images: list(from["images"], (each) => ownAddress(each, here)),
    garment: name(from["garment"]) || null,
    variants: unique(list(from["variants"], (each) => readVariant(each, here)), (each) => each.id),
  };
}

function readVariant(value: unknown, here: Reader): Variant | null {
  const from = record(value);
  const id = name(from?.["id"]);
  if (!from || !id) return null;
  const swatch = from["swatch"];
  return {
    id,
    name: name(from["name"]) || id,
    gltfVariant: name(from["gltf_variant"]) || null,
    price: readPrice(from["price"]),
    image: ownAddress(from["image"], here),
    swatch: typeof swatch === "string" && /^#[0-9a-f]{6}$/i.test(swatch) ? swatch : null,
    sizes: unique(list(from["sizes"], readSize), (each) => each.sku),
  };
}

function readSize(value: unknown): Size | null {
  const from = record(value);
  const sku = name(from?.["sku"]);
  if (!from || !sku) return null;
  return { size: name(from["size"]), sku, stock: readStock(from["stock"]) };
}

/** A count, or null for none. */
export function readStock(value: unknown): number | null {
  const stock = finite(value);
  return stock === null ? null : Math.max(0, Math.floor(stock));
}

/** Whole, not negative, in a currency that could be one; anything else is no price. */
export function readPrice(value: unknown): Price | null {
  const from = record(value);
  const [amount, currency] = [from?.["amount"], from?.["currency"]];
  if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount < 0) return null;
  return typeof currency === "string" && /^[A-Z]{3}$/.test(currency) ? { amount, currency } : null;
}

function readScene(value: unknown, here: Reader): Scene | null {
  const from = record(value);
  if (!from) return null;
  const said = from["occluders"];
  const occluders = list(said, (each) => readOccluder(each, here));
  return {
    name: name(from["name"]),
    title: name(from["title"]),
    floorM: finite(from["floor_m"]),
    occluders,
    occluded: from["occluded"] === true || (Array.isArray(said) && occluders.length < said.length),
    garments: unique(list(from["garments"], (each) => readGarment(each, here)), (each) => each.name),
  };
}

function readOccluder(value: unknown, here: Reader): Occluder | null {
  const from = record(value);
  const [distanceM, mask] = [finite(from?.["distance_m"]) ?? 0, ownAddress(from?.["mask"], here)];
  const [x, y, width, height] = mask ? [0, 0, 1, 1] : list(from?.["rectangle"], finite);
  return distanceM > 0 && height !== undefined ? { distanceM, rectangle: [x!, y!, width!, height], mask } : null;
}

function readGarment(value: unknown, here: Reader): Garment | null {
  const from = record(value);
  const [known, yawDeg, pitchDeg] = [name(from?.["name"]), finite(from?.["yaw_deg"]), finite(from?.["pitch_deg"])];
  if (!from || !known || yawDeg === null || pitchDeg === null) return null;
  const matrix = list(from["matrix"], finite);
  const deliver = from["deliver"] === "burned" ? "burned" : "model";
  return {
    name: known,
    title: name(from["title"]) || known,
    variant: name(from["variant"]),
    variants: list(from["variants"], (each) => name(each) || null),
    matrix: matrix.length === 16 ? matrix : null,
    heightM: finite(from["height_m"]),
    yawDeg,
    pitchDeg,
    deliver,
    model: deliver === "model" ? ownAddress(from["model"], here) : null,
    product: name(from["product"]) || null,
    motion: readMotion(record(from["motion"])),
  };
}

function readMotion(from: Record<string, unknown> | null): Motion | null {
  const above0 = (key: string): number | null => ((finite(from?.[key]) ?? 0) > 0 ? finite(from?.[key]) : null);
  const [kind, periodS, amplitudeDeg, clip] = [from?.["kind"], above0("period_s"), finite(from?.["amplitude_deg"]), name(from?.["name"])];
  if (kind === "turntable" && periodS !== null) return { kind, periodS };
  if (kind === "sway" && periodS !== null && amplitudeDeg !== null) return { kind, periodS, amplitudeDeg };
  return kind === "clip" && clip ? { kind, name: clip, speed: above0("speed") ?? 1, loop: from?.["loop"] !== false } : null;
}

function readPin(value: unknown): Pin | null {
  const from = record(value);
  const product = name(from?.["product"]);
  return product ? { product, sinceUnixS: finite(from?.["since_unix_s"]) ?? 0 } : null;
}

/** An address that may be opened: http or https, without a user name that could pretend to be a host; else null. */
export function webLink(value: unknown): string | null {
  if (typeof value !== "string" || !URL.canParse(value)) return null;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : null;
}

/** An address at our own origin, else null: the page asks nothing of anybody else. */
export function ownAddress(value: unknown, { here, token }: Reader): string | null {
  if (typeof value !== "string" || !value || !URL.canParse(value, here)) return null;
  const url = new URL(value, here);
  if (url.origin !== new URL(here).origin || !/^https?:$/.test(url.protocol)) return null;
  if (token) url.searchParams.set("access_token", token); // an <img> can send it in no other way
  return url.href;
}

type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

/** What can be read of a list; nothing of what is no list. */
export function list<Item>(value: unknown, read: (item: unknown) => Item | null): Item[] {
  return Array.isArray(value) ? value.slice(0, MOST).map(read).filter((each) => each !== null) : [];
}

export function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** One line: without line breaks, control characters and marks that turn the direction of writing. */
export function name(value: unknown): string {
  return text(value).replace(/\s+/g, " ").trim().slice(0, LONGEST_NAME);
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT).replace(/[^\P{C}\n\u200c\u200d]/gu, "") : "";
}

function unique<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  const seen = new Set<string>();
  return items.filter((each) => !seen.has(key(each)) && seen.add(key(each)));
}
