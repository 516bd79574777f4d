/** The sky in a window of the page: draws what a View sees of the picture. */

import { OrthographicCamera, Scene, type Texture, WebGLRenderer } from "three";
import type { Layout } from "./layout";
import { SkyMaterial, skyMesh } from "./material";
import type { Size, View } from "./view";

export class Sky {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new OrthographicCamera(); // three asks for one; the shader casts its own rays
  private readonly material: SkyMaterial;
  private size: Size = { width: 1, height: 1 };

  /**
   * @param picture see `material.videoPicture`
   * @throws Error where the browser has no WebGL 2
   */
  constructor(canvas: HTMLCanvasElement, picture: Texture) {
    this.renderer = new WebGLRenderer({ canvas, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" });
    this.material = new SkyMaterial(picture);
    this.scene.add(skyMesh(this.material));
  }

  /** The longest side of a picture that can be shown here, in px. */
  get longestPx(): number {
    return this.renderer.capabilities.maxTextureSize;
  }

  set layout(layout: Layout) {
    this.material.layout = layout;
  }

  /** Set the window's size (CSS px) and how many pixels to draw for each of them. */
  resize(size: Size, pixelRatio: number): void {
    this.size = size;
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(size.width, size.height, false);
  }

  /** Both eyes look at the left eye's picture. */
  draw(view: View): void {
    this.material.look(view, this.size);
    this.renderer.render(this.scene, this.camera);
  }
}
