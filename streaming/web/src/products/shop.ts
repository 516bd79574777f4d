/**
 * The cart contract with a shop that embeds the page: questions and answers by postMessage (docs/reference/shop-messages).
 *
 * The page says READY to whoever embeds it. A shop says SHOP and which questions it answers. Only origins that the channel lists are heard, and
 * only the one that has said SHOP is asked. A question without an answer fails after some seconds, and the visitor is told.
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
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
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

/** What came, and from where. */
export interface Heard {
  readonly origin: string;
  readonly data: unknown;
}

const VERSION = 1;
const PATIENCE_MS = 6000;
const MOST_WAITING = 8; // strangers' messages kept until the channel's list of shops is known

export class ShopLink {
  private shop: string | null = null;
  private handles = new Set<Question>();
  private origins: ReadonlySet<string> | null = null;
  private early: Heard[] = [];
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  /**
   * @param send give this to the embedding page if it is of that origin ("*": whoever it is)
   * @param onChange a shop has come, or said which things are in its cart
   */
  constructor(
    private readonly channel: string,
    private readonly send: (message: object, origin: string) => void,
    private readonly onChange: (cart: readonly CartItem[] | null) => void,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** Tell whoever embeds the page that it listens now. No secret is in it. */
  ready(): void {
    this.send({ vrlive: VERSION, channel: this.channel, type: "READY" }, "*");
  }

  /** Hear these origins from now on; what they said before is heard now. */
  allow(origins: readonly string[]): void {
    this.origins = new Set(origins);
    if (this.shop !== null && !this.origins.has(this.shop)) this.leave();
    const early = this.early;
    this.early = [];
    early.forEach((each) => this.hear(each));
  }

  /** Whether a shop is there that answers this. */
  answers(question: Question): boolean {
    return this.shop !== null && this.handles.has(question);
  }

  hear(heard: Heard): void {
    const message = record(heard.data);
    if (message?.["vrlive"] !== VERSION) return;
    if (this.origins === null) {
      if (this.early.length < MOST_WAITING) this.early.push(heard);
      return;
    }
    if (!this.origins.has(heard.origin)) return;
    if (message["type"] === "SHOP") return this.enter(heard.origin, message["handles"]);
    if (heard.origin !== this.shop) return;
    if (message["type"] === "ANSWER") this.answered(message);
    if (message["type"] === "SYNC_CART_STATE") this.onChange(readCart(message["items"]));
  }

  /** Ask the shop; never throws. */
  ask(question: Question, body: object): Promise<Answer> {
    const { shop } = this;
    if (shop === null || !this.handles.has(question)) return Promise.resolve(failure("unavailable"));
    const id = ++this.asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(failure("no-answer")), this.patienceMs);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      this.waiting.set(id, settle);
      this.send({ vrlive: VERSION, channel: this.channel, type: question, id, ...body }, shop);
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

  private answered(message: Readonly<Record<string, unknown>>): void {
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
