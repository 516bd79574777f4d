/** What the panels in the room say: a product's card, its way to the phone, the bar at the visitor's feet, notices. Pure; panel.ts draws it. */

import { phrases } from "../language";
import { available, priceOf } from "../products/catalogue";
import { money } from "../products/money";
import type { Said } from "./saying";
import type { Product, Size, Variant } from "../products/show";

/** px on the panel, from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Style = "brand" | "title" | "price" | "label" | "body" | "small";

export type Mark =
  | { readonly kind: "text"; readonly text: string; readonly style: Style; readonly box: Box; readonly centred?: boolean }
  | { readonly kind: "button"; readonly id: string; readonly text: string; readonly box: Box; readonly look: "filled" | "plain" | "chosen"; readonly off?: boolean }
  | { readonly kind: "swatch"; readonly id: string; readonly text: string; readonly colour: string; readonly box: Box; readonly chosen: boolean }
  | { readonly kind: "code"; readonly cells: readonly (readonly boolean[])[]; readonly box: Box };

export interface Page {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
}

/** How wide a text would be, px. */
export type Measure = (text: string, style: Style) => number;

export const LINE: Readonly<Record<Style, number>> = { brand: 40, title: 76, price: 60, label: 40, body: 42, small: 34 };

const say = phrases(
  {
    colour: (name: string) => `Colour · ${name}`,
    size: "Size",
    left: (n: number) => (n === 1 ? "The last one" : `${n} left`),
    inStock: "In stock",
    soldOut: "Sold out",
    chooseSize: "Choose a size",
    add: "Add to bag",
    added: "In your bag",
    phone: "Continue on your phone",
    close: "Close",
    onPhone: "Continue on your phone",
    scan: "Point its camera at the code",
    back: "Back",
    recentre: "Face forward",
    sound: "Sound on",
    silence: "Sound off",
    leave: "Leave",
    play: "Play",
    retry: "Try now",
    replay: "Replay",
    look: "Look",
    pinned: (name: string) => `The host is showing: ${name}`,
  },
  {
    colour: (name) => `颜色 · ${name}`,
    size: "尺码",
    left: (n) => (n === 1 ? "仅剩一件" : `仅剩 ${n} 件`),
    inStock: "有货",
    soldOut: "已售罄",
    chooseSize: "请选择尺码",
    add: "加入购物袋",
    added: "已加入购物袋",
    phone: "在手机上继续",
    close: "关闭",
    onPhone: "在手机上继续",
    scan: "用手机摄像头扫描二维码",
    back: "返回",
    recentre: "重置朝向",
    sound: "打开声音",
    silence: "关闭声音",
    leave: "退出",
    play: "播放",
    retry: "立即重试",
    replay: "回放",
    look: "查看",
    pinned: (name) => `主播正在展示：${name}`,
  },
);

const WIDTH = 900;
const EDGE = 64;
const INNER = WIDTH - 2 * EDGE;
const SWATCH = 84;
const PILL = { width: 132, height: 88, gap: 20 } as const;
const BUTTON = 108;
const NOTICE = { most: 800, edge: 44, gap: 24, button: { width: 300, height: 96 } } as const;

export interface Choice {
  readonly variant: Variant | null;
  readonly size: Size | null;
  readonly added: boolean;
  /** Why it could not be put into the bag; empty: nothing is wrong. */
  readonly fault: string;
}

/** The card of something that is looked at; `product` null: it stands in the room without being sold. */
export function cardPage(name: string, product: Product | null, choice: Choice, measure: Measure): Page {
  const flow = new Flow(measure);
  flow.close();
  if (product?.brand) flow.text(product.brand.toUpperCase(), "brand", 1, INNER - 100);
  flow.text(name, "title", 2, INNER - 100);
  const price = product && priceOf(product, choice.variant);
  if (price) flow.text(money(price), "price", 1);
  if (!product) return flow.page();
  flow.space(22);
  if (choice.variant && product.variants.length > 1) flow.swatches(product.variants, choice.variant);
  const sizes = choice.variant?.sizes ?? [];
  if (sizes.some((each) => each.size)) flow.sizes(sizes, choice.size);
  flow.text(choice.fault || stockText(sizes, choice.size), "small", 1);
  flow.space(18);
  flow.button("add", choice.added ? say.added : say.add, "filled", sizes.length > 0 && (!choice.size || choice.size.stock === 0));
  flow.button("phone", say.phone, "plain");
  return flow.page();
}

/** The card's other side: the way to the phone. */
export function phonePage(name: string, address: string, cells: readonly (readonly boolean[])[], measure: Measure): Page {
  const flow = new Flow(measure);
  flow.close();
  flow.text(say.onPhone, "brand", 1, INNER - 100);
  flow.text(name, "title", 1, INNER - 100);
  flow.space(14);
  flow.code(cells);
  flow.text(say.scan, "body", 1, INNER, true);
  flow.text(address.replace(/^https?:\/\//, "").replace(/#.*/, ""), "small", 2, INNER, true);
  flow.space(10);
  flow.button("back", say.back, "plain");
  return flow.page();
}

/** At the visitor's feet: what hands and eyes without buttons need. */
export function barPage(muted: boolean, sound: boolean): Page {
  const hear = muted ? (["sound", say.sound] as const) : (["silence", say.silence] as const);
  const labels = [["recentre", say.recentre] as const, ...(sound ? [hear] : []), ["leave", say.leave] as const];
  const [width, height, gap] = [320, 100, 20];
  const marks = labels.map(([id, text], n): Mark => ({ kind: "button", id, text, look: "plain", box: { x: gap + n * (width + gap), y: gap, width, height } }));
  return { width: gap + labels.length * (width + gap), height: height + 2 * gap, marks };
}

/** What a notice offers. */
export type Deed = NonNullable<Said["asks"]> | "look";

/** How it is with the stream, and what can be done about it. */
export function noticePage({ title, detail, asks }: Pick<Said, "title" | "detail" | "asks">, measure: Measure): Page {
  return notice(title, detail, asks, measure);
}

/** What the host shows. */
export function pinPage(name: string, measure: Measure): Page {
  return notice(say.pinned(name), "", "look", measure);
}

/** As wide as its words, with a button below them. */
function notice(title: string, detail: string, deed: Deed | null, measure: Measure): Page {
  const lines = [["price", title, 2] as const, ["body", detail, 3] as const].flatMap(([style, text, most]) =>
    wrap(text, NOTICE.most, most, (each) => measure(each, style)).map((line) => [style, line] as const),
  );
  const width = 2 * NOTICE.edge + Math.max(NOTICE.button.width, ...lines.map(([style, line]) => Math.ceil(measure(line, style))));
  const marks: Mark[] = [];
  let y = NOTICE.edge;
  for (const [style, text] of lines) {
    marks.push({ kind: "text", text, style, centred: true, box: { x: NOTICE.edge, y, width: width - 2 * NOTICE.edge, height: LINE[style] } });
    y += LINE[style];
  }
  if (deed) {
    y += NOTICE.gap;
    marks.push({ kind: "button", id: deed, text: say[deed], look: "filled", box: { x: (width - NOTICE.button.width) / 2, y, ...NOTICE.button } });
    y += NOTICE.button.height;
  }
  return { width, height: y + NOTICE.edge, marks };
}

/** What can be hit at a place of a page, or null. */
export function markAt(page: Page, x: number, y: number): string | null {
  for (const mark of page.marks) {
    if (!("id" in mark) || (mark.kind === "button" && mark.off)) continue;
    const { box } = mark;
    if (x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height) return mark.id;
  }
  return null;
}

/** Lines no wider than `width`; the last one ends in “…” where there is more. */
export function wrap(text: string, width: number, most: number, measure: (text: string) => number): readonly string[] {
  const parts = text.includes(" ") ? text.split(/(?<=\s)/u) : [...text]; // Chinese breaks anywhere
  const lines: string[] = [];
  let line = "";
  for (const part of parts.flatMap((each) => (measure(each) > width ? [...each] : [each]))) {
    if (line && measure((line + part).trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  }
  if (line.trim()) lines.push(line.trimEnd());
  if (lines.length <= most) return lines;
  let last = lines[most - 1] ?? "";
  while (last && measure(`${last}…`) > width) last = last.slice(0, -1).trimEnd();
  return [...lines.slice(0, most - 1), `${last}…`];
}

function stockText(sizes: readonly Size[], chosen: Size | null): string {
  if (sizes.length > 0 && !available(sizes)) return say.soldOut;
  if (!chosen) return sizes.length > 0 ? say.chooseSize : "";
  if (chosen.stock === 0) return say.soldOut;
  return chosen.stock !== null && chosen.stock <= 5 ? say.left(chosen.stock) : say.inStock;
}

/** Marks from top to bottom. */
class Flow {
  private readonly marks: Mark[] = [];
  private y = EDGE;

  constructor(private readonly measure: Measure) {}

  close(): void {
    this.marks.push({ kind: "button", id: "close", text: "×", look: "plain", box: { x: WIDTH - EDGE - 72, y: EDGE - 12, width: 84, height: 84 } });
  }

  space(height: number): void {
    this.y += height;
  }

  text(text: string, style: Style, most: number, width = INNER, centred = false): void {
    for (const line of wrap(text, width, most, (each) => this.measure(each, style))) {
      this.marks.push({ kind: "text", text: line, style, centred, box: { x: EDGE, y: this.y, width, height: LINE[style] } });
      this.y += LINE[style];
    }
    this.y += 14;
  }

  swatches(variants: readonly Variant[], chosen: Variant): void {
    this.text(say.colour(chosen.name), "label", 1);
    const step = Math.min(SWATCH + 24, (INNER - SWATCH) / Math.max(1, variants.length - 1));
    for (const [n, { id, name, swatch }] of variants.entries()) {
      const box = { x: EDGE + n * step, y: this.y, width: SWATCH, height: SWATCH };
      this.marks.push({ kind: "swatch", id: `variant:${id}`, text: name, colour: swatch ?? "#8a8580", box, chosen: id === chosen.id });
    }
    this.y += SWATCH + 30;
  }

  sizes(sizes: readonly Size[], chosen: Size | null): void {
    this.text(say.size, "label", 1);
    const across = Math.floor((INNER + PILL.gap) / (PILL.width + PILL.gap));
    for (const [n, { sku, size, stock }] of sizes.entries()) {
      const [column, row] = [n % across, Math.floor(n / across)];
      const box = { x: EDGE + column * (PILL.width + PILL.gap), y: this.y + row * (PILL.height + PILL.gap), width: PILL.width, height: PILL.height };
      this.marks.push({ kind: "button", id: `size:${sku}`, text: size, look: sku === chosen?.sku ? "chosen" : "plain", box, off: stock === 0 });
    }
    this.y += Math.ceil(sizes.length / across) * (PILL.height + PILL.gap) + 8;
  }

  code(cells: readonly (readonly boolean[])[]): void {
    const side = 520;
    this.marks.push({ kind: "code", cells, box: { x: (WIDTH - side) / 2, y: this.y, width: side, height: side } });
    this.y += side + 26;
  }

  button(id: string, text: string, look: "filled" | "plain", off = false): void {
    this.marks.push({ kind: "button", id, text, look, off, box: { x: EDGE, y: this.y, width: INNER, height: BUTTON } });
    this.y += BUTTON + 24;
  }

  page(): Page {
    return { width: WIDTH, height: this.y + EDGE - 24, marks: this.marks };
  }
}
