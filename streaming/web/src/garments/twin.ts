/**
 * How garments come to this page: as models, drawn here over the clean feed, or in the picture, where the server has drawn them.
 *
 * Models are sharper, and wear what the visitor chooses; they cost a graphics card's work and their files. Who has none, or is to be thrifty,
 * sees the same room in the picture.
 */

import { phrases } from "../language";
import type { Feed } from "../link/feeds";
import type { Scene } from "../products/show";
import type { Stage } from "../sky/stage";
import { choice } from "../settings";
import { toast } from "../ui/toast";
import type { Show } from "./garments";
import type { Overlay, OverlayState } from "./overlay";

/** Automatic: as models where a graphics card draws them and nothing is to be saved. */
export const delivery = choice<"auto" | "models" | "picture">("garments", "auto", ["auto", "models", "picture"]);

const say = phrases(
  { failed: "The 3D models do not come: the garments stay in the picture" },
  { failed: "三维模型无法载入：服装仍在画面中显示" },
);

export interface TwinState {
  /** What the picture shows that is seen now. */
  readonly feed: Feed;
  /** Models are wished for. */
  readonly wished: boolean;
  /** And are on their way. */
  readonly coming: boolean;
  /** Whether the live picture is shown, which alone leaves the choice. */
  readonly live: boolean;
}

/** What the page knows that decides. */
export interface Circumstances {
  /** What the channel offers. */
  readonly feeds: readonly Feed[];
  /** Data or the battery are dear. */
  readonly thrifty: boolean;
  /** A headset draws, and this page does not. */
  readonly resting: boolean;
  /** The live picture is shown, which alone can come without garments. */
  readonly live: boolean;
}

/** Whether viewers can have the room as it is: they have every model, and know all that stands before them. */
export function drawable(scene: Scene | null): boolean {
  return scene !== null && scene.garments.length > 0 && !scene.occluded && scene.garments.every((each) => each.model !== null);
}

export class Twin {
  private overlay: Overlay | null = null;
  private loading = false;
  private failed = false;
  private slow = false; // drawn here, the room moved in jerks
  private wanted = false;
  private live = false;

  /** @param onChange told when the state is another, perhaps */
  constructor(
    private readonly stage: Stage,
    private readonly below: HTMLElement,
    private readonly show: Show,
    private readonly onChange: () => void,
  ) {
    delivery.follow(() => {
      this.failed = this.slow = false;
    });
  }

  /** Decide by how things are now. */
  look({ feeds, thrifty, resting, live }: Circumstances): void {
    this.live = live;
    this.slow ||= this.overlay?.feed === "clean" && this.stage.struggles;
    if (this.overlay?.failed && !this.failed) this.fail();
    const able = this.offered(feeds) && !resting && !this.failed;
    this.wanted = able && (delivery.value === "models" || (delivery.value === "auto" && !thrifty && !this.slow && drawsWell()));
    if (this.overlay) this.overlay.wanted = this.wanted;
    else if (this.wanted) void this.begin();
    if (this.overlay && !this.wanted && (resting || this.overlay.feed === "burned")) this.end(this.overlay);
  }

  /** Whether there is anything to choose. */
  offered(feeds: readonly Feed[]): boolean {
    return feeds.includes("clean") && drawable(this.show.catalogue.show?.scene ?? null);
  }

  get state(): TwinState {
    const feed = this.overlay?.feed ?? "burned";
    const coming = this.wanted && this.live && feed === "burned" && !this.overlay?.complete;
    return { feed, wished: this.wanted, coming, live: this.live };
  }

  /** The other one from now on. */
  toggle(): void {
    if (!this.live) return;
    this.failed = this.slow = false;
    delivery.value = this.wanted ? "picture" : "models";
    this.onChange();
  }

  get models(): OverlayState | null {
    return this.overlay?.state ?? null;
  }

  private async begin(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      const { Overlay } = await import("./overlay");
      if (!this.wanted) return;
      this.overlay = this.stage.over = new Overlay(this.below, this.show, () => this.stage.redraw());
    } catch (fault) {
      console.warn(fault); // no second drawing context, or the server has a newer page by now
      this.fail();
    } finally {
      this.loading = false;
    }
    this.onChange();
  }

  private fail(): void {
    this.failed = true;
    toast(say.failed);
  }

  private end(overlay: Overlay): void {
    overlay.dispose();
    this.overlay = this.stage.over = null;
    this.stage.redraw();
    this.onChange();
  }
}

const BY_PROCESSOR = /swiftshader|llvmpipe|softpipe|basic render/i;
let well: boolean | undefined;

/** Whether a graphics card draws here, and not the processor in its place; where the browser keeps that to itself, what it gives counts. */
function drawsWell(): boolean {
  if (well === undefined) {
    const gl = new OffscreenCanvas(1, 1).getContext("webgl2", { failIfMajorPerformanceCaveat: true });
    const named = gl?.getExtension("WEBGL_debug_renderer_info");
    well = gl !== null && !(named && BY_PROCESSOR.test(String(gl.getParameter(named.UNMASKED_RENDERER_WEBGL))));
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return well;
}
