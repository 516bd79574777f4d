/**
 * The cart contract with a shop that embeds the page: questions and answers over its port (docs/how-to/sell-from-the-show).
 *
 * A shop says SHOP, and which questions it answers. Only origins that the channel lists are heard, and only the one that has said SHOP is asked.
 * A question without an answer fails after some seconds, and the visitor is told.
 */

import { type Price, finite, list, name, readPrice, readStock, record } from "./show";

export const QUESTIONS = ["PROVIDE_PRODUCT_DATA", "ADD_TO_CART", "UPDATE_ITEM_IN_CART", "CHECKOUT", "SYNC_CART_STATE"] as const;
export type Question = (typeof QUESTIONS)[number];

export const REASONS = ["sold-out", "limit", "unavailable", "sign-in", "no-answer", "failed"] as const;
export type Reason = (typeof REASONS)[number];

/** What a shop is told of a thing. */
export interface Item {
  readonly product: string;
  readonly name: string;
  readonly variant: string | null;
  readonly size: string | null;
  readonly sku: string | null;
  readonly quantity: number;
  readonly price: Price | null;
  readonly link: string | null;
}

export type Answer =
  | { readonly ok: true; readonly body: Message }
  /** `words`: the shop's own, if it has any. */
  | { readonly ok: false; readonly reason: Reason; readonly words: string };

export interface CartItem {
  readonly sku: string;
  readonly quantity: number;
}

export interface ProductData {
  readonly product: string;
  readonly price: Price | null;
  readonly stock: Readonly<Record<string, number>>;
}

export type Message = Readonly<Record<string, unknown>>;

/** The page around this one. */
export interface Embedder {
  /** Whose it is, as the browser says; null while it has not said hello. */
  readonly origin: string | null;
  send(message: Message): void;
  on(type: string, listener: (message: Message) => void): unknown;
}

/** What a shop may say. */
const SAID = ["SHOP", "ANSWER", "SYNC_CART_STATE"] as const;
const PATIENCE_MS = 6000;
const MOST_WAITING = 8; // messages kept until the channel's list of shops is known

export class ShopLink {
  private shop: string | null = null;
  private handles = new Set<Question>();
  private origins: ReadonlySet<string> | null = null;
  private early: (readonly [origin: string, message: Message])[] = [];
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  /** @param onChange a shop has come (null), or said which things are in its cart */
  constructor(
    private readonly embedder: Embedder,
    private readonly onChange: (cart: readonly CartItem[] | null) => void,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    for (const type of SAID) {
      embedder.on(type, (message) => {
        if (embedder.origin !== null) this.hear(embedder.origin, message);
      });
    }
  }

  /** Hear these origins from now on; what they said before is heard now. */
  allow(origins: readonly string[]): void {
    this.origins = new Set(origins);
    if (this.shop !== null && !this.origins.has(this.shop)) this.leave();
    const early = this.early;
    this.early = [];
    for (const [origin, message] of early) this.hear(origin, message);
  }

  /** Whether a shop is there that answers this. */
  answers(question: Question): boolean {
    return this.shop !== null && this.shop === this.embedder.origin && this.handles.has(question);
  }

  private hear(origin: string, message: Message): void {
    if (this.origins === null) {
      if (this.early.length < MOST_WAITING) this.early.push([origin, message]);
      return;
    }
    if (!this.origins.has(origin)) return;
    if (message["type"] === "SHOP") return this.enter(origin, message["handles"]);
    if (origin !== this.shop) return;
    if (message["type"] === "ANSWER") this.answered(message);
    if (message["type"] === "SYNC_CART_STATE") this.onChange(readCart(message["items"]));
  }

  /** Ask the shop; never throws. */
  ask(question: Question, body: object): Promise<Answer> {
    if (!this.answers(question)) return Promise.resolve(failure("unavailable"));
    const id = ++this.asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(failure("no-answer")), this.patienceMs);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      this.waiting.set(id, settle);
      this.embedder.send({ ...body, type: question, id });
    });
  }

  private enter(origin: string, handles: unknown): void {
    this.shop = origin;
    this.handles = new Set(list(handles, (each) => QUESTIONS.find((known) => known === each) ?? null));
    this.onChange(null);
  }

  private leave(): void {
    this.shop = null;
    this.handles.clear();
    for (const settle of [...this.waiting.values()]) settle(failure("no-answer"));
  }

  private answered(message: Message): void {
    const settle = this.waiting.get(finite(message["id"]) ?? -1);
    if (message["ok"] === true) settle?.({ ok: true, body: message });
    else settle?.(failure(REASONS.find((each) => each === message["reason"]) ?? "failed", name(message["words"])));
  }
}

export function readCart(value: unknown): readonly CartItem[] {
  return list(value, (each): CartItem | null => {
    const from = record(each);
    const [sku, quantity] = [name(from?.["sku"]), finite(from?.["quantity"])];
    return sku && quantity !== null && quantity >= 1 ? { sku, quantity: Math.floor(quantity) } : null;
  });
}

export function readProductData(value: unknown): readonly ProductData[] {
  return list(value, (each): ProductData | null => {
    const from = record(each);
    const product = name(from?.["product"]);
    if (!from || !product) return null;
    const counted = list(from["skus"], (sku): [string, number] | null => {
      const [known, stock] = [name(record(sku)?.["sku"]), readStock(record(sku)?.["stock"])];
      return known && stock !== null ? [known, stock] : null;
    });
    return { product, price: readPrice(from["price"]), stock: Object.fromEntries(counted) };
  });
}

function failure(reason: Reason, words = ""): Answer {
  return { ok: false, reason, words };
}
