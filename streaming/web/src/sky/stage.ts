/** The drawing loop: draws the sky when the view has moved, a picture has come or the window has changed, and at no other time. */

import { Head } from "./head";
import { LEAST, Quality } from "../link/quality";
import { type Layout, WHOLE_SPHERE } from "./layout";
import { neededPx } from "./sharpness";
import { Shrink } from "./shrink";
import { Sky } from "./sky";
import type { Size, View } from "./view";

/** What is drawn over the sky, in the same view. */
export interface Over {
  draw(view: View, size: Size, pixelRatio: number): void;
}

const SLACK_MS = 4; // screens do not keep time to the millisecond
const MOST_PIXELS = 2; // for each CSS px along a side: nobody sees more

export class Stage {
  readonly head = new Head();
  /** Pictures drawn since the page was opened. */
  drawn = 0;
  /** Draw nothing: for tests that count what is decoded. */
  paused = false;
  /** Draw at most this often, pictures a second. */
  most = Infinity;
  /** Drawn over the sky each time that is. */
  over: Over | null = null;
  private readonly sky: Sky;
  private readonly shrink: Shrink;
  private laid = WHOLE_SPHERE;
  private readonly quality = new Quality();
  private shown: View | null = null;
  private stale = true;
  private lastMs = 0;
  private drawnMs = 0;

  /** @throws Error where the browser has no WebGL 2 */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly video: HTMLVideoElement,
    private readonly onView: (view: View, size: Size) => void,
  ) {
    this.sky = new Sky(canvas, () => this.refresh());
    this.shrink = new Shrink(this.sky.longestPx);
    new ResizeObserver(() => this.resize()).observe(canvas);
    followReducedMotion(this.head);
    requestAnimationFrame(this.tick);
  }

  /** How the picture lies in the video's frames. */
  set layout(layout: Layout) {
    this.laid = layout;
    this.sky.layout = layout;
    this.stale = true;
  }

  /** The longest side of a picture that can be shown here, px. */
  get longestPx(): number {
    return this.sky.longestPx;
  }

  /** How wide a picture the window is worth now, px. */
  get neededPx(): number {
    return neededPx(this.head.view, this.head.size, Math.min(devicePixelRatio, MOST_PIXELS), this.laid);
  }

  /** Drawing is slow, though it draws as few pixels as it may. */
  get struggles(): boolean {
    return this.quality.scale <= LEAST;
  }

  /** What is over the sky looks different. */
  redraw(): void {
    this.shown = null;
  }

  /** A new picture has come. */
  refresh(): void {
    this.stale = true;
  }

  private readonly tick = (nowMs: number): void => {
    requestAnimationFrame(this.tick);
    const interval = nowMs - this.lastMs;
    this.lastMs = nowMs;
    this.head.advance(Math.min(interval, 100) / 1000);
    if (this.stale && !this.paused && this.quality.observe(interval, nowMs)) this.resize();
    if (nowMs - this.drawnMs < 1000 / this.most - SLACK_MS) return;
    if (this.head.view === this.shown && !this.stale) return;
    this.drawnMs = nowMs;
    this.draw();
  };

  private draw(): void {
    const { view, size } = this.head;
    this.onView(view, size);
    this.shown = view;
    if (this.paused) return;
    if (this.stale && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) this.sky.take(this.shrink.of(this.video));
    this.stale = false;
    this.sky.draw(view);
    this.over?.draw(view, size, this.pixelRatio);
    this.drawn += 1;
  }

  private resize(): void {
    this.head.size = { width: Math.max(1, this.canvas.clientWidth), height: Math.max(1, this.canvas.clientHeight) };
    this.sky.resize(this.head.size, this.pixelRatio);
    this.draw();
  }

  private get pixelRatio(): number {
    return Math.min(devicePixelRatio, MOST_PIXELS) * this.quality.scale;
  }
}

function followReducedMotion(head: Head): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const obey = (): void => {
    head.still = calm.matches;
  };
  calm.addEventListener("change", obey);
  obey();
}
