/** The sky: draws what a View sees of the equirectangular video. The only module that knows three.js. */

import {
  BufferGeometry,
  Float32BufferAttribute,
  GLSL3,
  Matrix3,
  Mesh,
  NoColorSpace,
  OrthographicCamera,
  RawShaderMaterial,
  RepeatWrapping,
  Scene,
  Vector2,
  Vector4,
  VideoTexture,
  WebGLRenderer,
} from "three";
import fragmentShader from "./sky.frag?raw";
import vertexShader from "./sky.vert?raw";
import { type Size, type View, focalPx } from "./view";

const WHOLE_FRAME = new Vector4(0, 0, 1, 1); // mono; a stereo layout gives each eye its part here

export class Sky {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new OrthographicCamera(); // three asks for one; the shader casts its own rays
  private readonly turn = new Matrix3();
  private readonly halfPlane = new Vector2();
  private size: Size = { width: 1, height: 1 };

  /** @throws Error where the browser has no WebGL 2 */
  constructor(canvas: HTMLCanvasElement, video: HTMLVideoElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" });
    this.scene.add(triangle(this.material(video)));
  }

  /** Set the window's size (CSS px) and how many pixels to draw for each of them. */
  resize(size: Size, pixelRatio: number): void {
    this.size = size;
    this.renderer.setPixelRatio(pixelRatio);
    this.renderer.setSize(size.width, size.height, false);
  }

  draw(view: View): void {
    const focal = focalPx(view.fov, this.size);
    this.halfPlane.set(this.size.width / 2 / focal, this.size.height / 2 / focal);
    setTurn(this.turn, view);
    this.renderer.render(this.scene, this.camera);
  }

  private material(video: HTMLVideoElement): RawShaderMaterial {
    const picture = new VideoTexture(video);
    picture.colorSpace = NoColorSpace; // bytes in, the same bytes out
    picture.wrapS = RepeatWrapping; // the left and right edge are neighbours
    return new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      depthTest: false,
      depthWrite: false,
      uniforms: {
        picture: { value: picture },
        eye: { value: WHOLE_FRAME },
        turn: { value: this.turn },
        halfPlane: { value: this.halfPlane },
      },
    });
  }
}

function triangle(material: RawShaderMaterial): Mesh {
  const corners = new Float32BufferAttribute([-1, -1, 0, 3, -1, 0, -1, 3, 0], 3);
  const mesh = new Mesh(new BufferGeometry().setAttribute("position", corners), material);
  mesh.frustumCulled = false;
  return mesh;
}

/** Camera axes (right, up, back) to world axes: pitch first, then yaw about the world's up. */
function setTurn(turn: Matrix3, view: View): void {
  const [sy, cy] = [Math.sin(view.yaw), Math.cos(view.yaw)];
  const [sp, cp] = [Math.sin(view.pitch), Math.cos(view.pitch)];
  turn.set(cy, sy * -sp, -sy * cp, 0, cp, -sp, sy, cy * sp, cy * cp);
}
