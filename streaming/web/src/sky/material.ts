/** The sky as three.js draws it in a headset, by the same shader: a material for all layouts, and a mesh that any camera can look at. */

import {
  BufferGeometry,
  type Camera,
  Float32BufferAttribute,
  GLSL3,
  LinearFilter,
  Matrix3,
  Mesh,
  NoColorSpace,
  RawShaderMaterial,
  RepeatWrapping,
  type Texture,
  Vector2,
  Vector4,
  VideoTexture,
  type WebGLRenderer,
} from "three";
import { type Eye, type Layout, PROJECTIONS, WHOLE_SPHERE, facesOf, rowsOf } from "./layout";
import fragmentShader from "./sky.frag?raw";
import vertexShader from "./sky.vert?raw";

export class SkyMaterial extends RawShaderMaterial {
  private shown = WHOLE_SPHERE;
  private readonly lens = new Vector4();
  private readonly turn = new Matrix3();
  private readonly rows = new Vector2();

  /** @param picture as `asBytes` leaves it; its size is asked for with each draw */
  constructor(picture: Texture) {
    super({ glslVersion: GLSL3, vertexShader, fragmentShader, depthTest: false, depthWrite: false });
    this.uniforms = {
      picture: { value: picture },
      projection: { value: 0 },
      rows: { value: this.rows },
      faces: { value: [] },
      lens: { value: this.lens },
      turn: { value: this.turn },
      bend: { value: 0 },
    };
    this.layout = WHOLE_SPHERE;
  }

  get layout(): Layout {
    return this.shown;
  }

  set layout(layout: Layout) {
    this.shown = layout;
    this.set("projection", PROJECTIONS.indexOf(layout.projection));
    this.set("faces", facesOf(layout.projection).map((each) => new Matrix3().set(...each)));
  }

  /** Look through any camera with a perspective, a headset's with its shifted frusta among them. Where it stands makes no difference. */
  lookThrough(camera: Camera, eye: Eye): void {
    const { elements } = camera.projectionMatrix;
    this.lens.set(1 / elements[0], 1 / elements[5], elements[8] / elements[0], elements[9] / elements[5]);
    this.turn.setFromMatrix4(camera.matrixWorld);
    this.rows.set(...rowsOf(this.shown.stereo, eye));
    this.uniformsNeedUpdate = true; // the same material draws both eyes of one frame
  }

  private set(name: string, value: unknown): void {
    this.uniforms[name]!.value = value;
  }
}

/** A mesh that covers the window of whatever looks at it. */
export function skyMesh(material: SkyMaterial): Mesh<BufferGeometry, SkyMaterial> {
  const corners = new Float32BufferAttribute([-1, -1, 0, 3, -1, 0, -1, 3, 0], 3);
  const mesh = new Mesh(new BufferGeometry().setAttribute("position", corners), material);
  mesh.frustumCulled = false;
  mesh.renderOrder = Number.NEGATIVE_INFINITY; // all else is drawn over it
  return mesh;
}

/** Have the sky follow each camera that three draws it for: the two of a WebXR session see a picture of their own. */
export function followCameras(mesh: Mesh<BufferGeometry, SkyMaterial>, eyeFor = eyeOf): void {
  mesh.onBeforeRender = (renderer, _scene, camera) => {
    mesh.material.lookThrough(camera, eyeFor(renderer, camera));
  };
}

/** The eye that a camera of a WebXR session stands for; the left one's outside of a session. */
function eyeOf(renderer: WebGLRenderer, camera: Camera): Eye {
  const second = renderer.xr.isPresenting ? renderer.xr.getCamera().cameras[1] : undefined;
  return camera === second ? "right" : "left";
}

/** A video's pictures. */
export function videoPicture(video: HTMLVideoElement): VideoTexture {
  return asBytes(new VideoTexture(video));
}

/** Bytes in, the same bytes out, the frame's upper row first, and its left edge beside its right one. */
export function asBytes<Kind extends Texture>(picture: Kind): Kind {
  picture.colorSpace = NoColorSpace;
  picture.flipY = false;
  picture.generateMipmaps = false;
  picture.minFilter = picture.magFilter = LinearFilter;
  picture.wrapS = RepeatWrapping;
  return picture;
}
