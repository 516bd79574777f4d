/** The garments in a window of the page, drawn over the sky. A chunk of its own: load it when garments are drawn here. */

import { Matrix4, PerspectiveCamera, Scene, WebGLRenderer } from "three";
import { type Size, type View, focalPx } from "../sky/view";
import { Garments, type Show } from "./garments";
import { textureBytes } from "./wardrobe";

const [NEAR, FAR] = [0.1, 200]; // m

/** For tests and curious people (diagnostics.ts). */
export interface OverlayState {
  readonly models: readonly string[];
  readonly shown: readonly string[];
  /** What each of these wears. */
  readonly worn: Readonly<Record<string, string>>;
  readonly drawCalls: number;
  readonly textureBytes: number;
}

export class Overlay {
  private readonly canvas = document.createElement("canvas");
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera();
  private readonly bend = { value: 0 };
  private readonly garments: Garments;
  private readonly unfollow: () => void;
  private calls = 0;

  private lost = false;

  /**
   * @param below what is under the garments
   * @param onChange something looks different: draw anew
   * @throws Error where there is no second drawing context
   */
  constructor(below: HTMLElement, show: Show, onChange: () => void) {
    this.canvas.id = "models";
    this.canvas.hidden = true;
    this.canvas.setAttribute("aria-hidden", "true");
    this.renderer = new WebGLRenderer({ canvas: this.canvas, antialias: true, alpha: true, powerPreference: "high-performance" });
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.debug.checkShaderErrors = import.meta.env.DEV; // asking waits for the card
    below.after(this.canvas);
    this.canvas.addEventListener("webglcontextlost", () => {
      this.lost = true; // it may never come back
    });
    this.garments = new Garments(this.scene, show, { bend: this.bend, onChange });
    this.scene.add(this.garments.group);
    this.camera.matrixAutoUpdate = false;
    this.garments.furnish();
    this.unfollow = show.catalogue.follow(() => this.garments.furnish());
  }

  /** What the picture is that is seen now. */
  get feed(): Garments["feed"] {
    return this.garments.feed;
  }

  /** Garments cannot be drawn here: a model or a mask did not come, or the drawing context is gone. */
  get failed(): boolean {
    return this.lost || this.garments.failed;
  }

  /** Whether garments shall be drawn here. */
  set wanted(wanted: boolean) {
    this.garments.wanted = wanted;
  }

  /** Whether all that is to be drawn is here. */
  get complete(): boolean {
    return this.garments.complete;
  }

  get state(): OverlayState {
    const pieces = [...this.garments.wardrobe.pieces.values()].filter((each) => each.bounds);
    return {
      models: pieces.map((each) => each.name),
      shown: pieces.filter((each) => each.object.visible).map((each) => each.name),
      worn: Object.fromEntries(pieces.map((each) => [each.name, each.variant])),
      drawCalls: this.calls,
      textureBytes: textureBytes(this.scene),
    };
  }

  /** @param pixelRatio px to draw for each of the window's */
  draw(view: View, size: Size, pixelRatio: number): void {
    this.garments.update(performance.now());
    this.canvas.hidden = this.feed === "burned";
    if (this.canvas.hidden) return;
    const drawn = [Math.floor(size.width * pixelRatio), Math.floor(size.height * pixelRatio)] as const;
    if (this.canvas.width !== drawn[0] || this.canvas.height !== drawn[1]) this.renderer.setSize(...drawn, false);
    this.look(view, size);
    this.renderer.render(this.scene, this.camera);
    this.calls = this.renderer.info.render.calls;
  }

  dispose(): void {
    this.unfollow();
    this.garments.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.canvas.remove();
  }

  /** From the rig's centre, as the sky is seen. */
  private look(view: View, size: Size): void {
    const { camera } = this;
    const bend = view.bend ?? 0;
    const near = NEAR / focalPx(view.fov, size, bend);
    const [right, top] = [(near * size.width) / 2, (near * size.height) / 2];
    camera.projectionMatrix.makePerspective(-right, right, top, -top, NEAR, FAR);
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    camera.matrix.copy(new Matrix4().makeRotationY(-view.yaw)).multiply(new Matrix4().makeRotationX(view.pitch));
    camera.matrixWorldNeedsUpdate = true;
    this.garments.wardrobe.group.traverse((each) => {
      each.frustumCulled = bend === 0; // the camera's frustum is not what is seen then
    });
    this.bend.value = bend;
  }
}
