/**
 * /embed.js: the `<vr-live>` element, for pages of others. It has no dependencies, and all it knows of the viewer is the protocol.
 *
 *     <script type="module" src="https://tv.example/embed.js"></script>
 *     <vr-live channel="boutique" product="coat"></vr-live>
 *
 * Events of the viewer are events of the element, their details in `detail`.
 */

import type { Command, Hello, Here } from "./protocol";

const SERVER = new URL(import.meta.url).origin;
const RELOADING = ["channel", "src", "token", "t"]; // another room, or another time; the others are wishes of the moment
const VIEW = ["yaw", "pitch", "fov"] as const;
const MOST_UNSENT = 32; // a frame that never answers keeps nothing else
const ALLOW = "autoplay; fullscreen; xr-spatial-tracking; gyroscope; accelerometer; magnetometer; screen-wake-lock; web-share";
const STYLE = ":host{display:block;aspect-ratio:16/9;background:#0c0b0e}iframe{width:100%;height:100%;border:0;display:block}";

class VrLive extends HTMLElement {
  static readonly observedAttributes = [...RELOADING, ...VIEW, "product", "title"];

  private readonly frame = document.createElement("iframe");
  private port: MessagePort | null = null;
  private readonly unsent: Command[] = [];

  constructor() {
    super();
    this.frame.allow = ALLOW;
    this.frame.allowFullscreen = true;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet]; // the site's own policy may allow no inline styles
    root.append(this.frame);
  }

  connectedCallback(): void {
    addEventListener("message", this.hear);
    this.open();
  }

  disconnectedCallback(): void {
    removeEventListener("message", this.hear);
    this.port?.close(); // the frame begins anew when it is shown again
    this.port = null;
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.isConnected) return;
    if (name === "title") this.frame.title = now ?? "";
    else if (RELOADING.includes(name)) this.open();
    else if (name === "product") this.select(now);
    else this.lookAt({ [`${name}Deg`]: Number(now) });
  }

  play(): void {
    this.ask({ type: "play" });
  }

  pause(): void {
    this.ask({ type: "pause" });
  }

  mute(): void {
    this.ask({ type: "mute" });
  }

  unmute(): void {
    this.ask({ type: "unmute" });
  }

  /** Degrees; what is left out stays. */
  lookAt(view: { yawDeg?: number; pitchDeg?: number; fovDeg?: number }): void {
    this.ask({ type: "look-at", ...view });
  }

  /** A rendition by its name, or “auto”. */
  setQuality(name: string): void {
    this.ask({ type: "set-quality", name });
  }

  /** Open a product's card; null closes it. */
  select(product: string | null): void {
    this.ask({ type: "select-product", product });
  }

  /** Say something of another kind, such as an answer of the shop's bag. */
  send(message: { readonly type: string }): void {
    this.ask(message as Command);
  }

  private open(): void {
    const channel = this.getAttribute("channel");
    if (!channel) return this.frame.removeAttribute("src");
    const address = new URL(`/embed/${encodeURIComponent(channel)}`, this.getAttribute("src") ?? SERVER);
    for (const name of [...VIEW, "product", "t"]) if (this.hasAttribute(name)) address.searchParams.set(name, this.getAttribute(name) ?? "");
    const token = this.getAttribute("token");
    if (token) address.hash = `token=${encodeURIComponent(token)}`; // no server and no log sees it there
    this.frame.title = this.title || channel;
    if (address.href === this.frame.src) return;
    this.port?.close();
    this.port = null;
    this.frame.remove(); // an address that differs behind “#” alone would begin nothing anew
    this.frame.src = address.href;
    this.shadowRoot?.append(this.frame);
  }

  private readonly hear = ({ source, data }: MessageEvent<Partial<Here> | null>): void => {
    if (source !== null && source === this.frame.contentWindow && data?.vrlive === "here") this.greet();
  };

  private greet(): void {
    this.port?.close();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<{ type: string; detail?: unknown }>) =>
      this.dispatchEvent(new CustomEvent(data.type, { detail: data.detail ?? data, bubbles: true, composed: true }));
    const hello: Hello = { vrlive: "hello", version: 1 };
    this.frame.contentWindow?.postMessage(hello, new URL(this.frame.src).origin, [port2]);
    this.port = port1;
    for (const command of this.unsent.splice(0)) port1.postMessage(command);
  }

  private ask(command: Command): void {
    if (this.port) return this.port.postMessage(command);
    this.unsent.push(command);
    if (this.unsent.length > MOST_UNSENT) this.unsent.shift();
  }
}

if (!customElements.get("vr-live")) customElements.define("vr-live", VrLive);
