// The sky drawn from exact pixels, for tests/streaming/test_sky.py: no video, and no codec, between the picture and what is seen of it.
import { DataTexture, Matrix4, PerspectiveCamera, Scene, WebGLRenderer } from "three";
import type { Eye, Layout } from "../../src/sky/layout";
import { SkyMaterial, asBytes, followCameras, skyMesh } from "../../src/sky/material";
import { Sky } from "../../src/sky/sky";
import type { Size, View } from "../../src/sky/view";

interface Job {
  /** RGBA, the upper row first, in base64. */
  readonly pixels: string;
  readonly frame: Size;
  readonly layout: Layout;
  readonly view: View;
  readonly window: Size;
  /** Draw through a camera with this projection (column-major) as a headset does, and for this eye. */
  readonly frustum?: readonly number[];
  readonly eye?: Eye;
}

const picture = asBytes(new DataTexture());
const canvas = document.createElement("canvas");
const sky = new Sky(canvas);
const [flat, eyes] = [canvas, document.createElement("canvas")];
const renderer = new WebGLRenderer({ canvas: eyes });
const mesh = skyMesh(new SkyMaterial(picture));
const scene = new Scene().add(mesh);

/** What the window shows: RGBA, the lower row first, in base64. */
function draw(job: Job): string {
  const data = Uint8ClampedArray.from(atob(job.pixels), (each) => each.charCodeAt(0));
  return job.frustum ? drawEye(job, job.frustum, data) : drawWindow(job, data);
}

function drawWindow({ frame, layout, view, window }: Job, data: Uint8ClampedArray<ArrayBuffer>): string {
  sky.layout = layout;
  sky.resize(window, 1);
  sky.take(new ImageData(data, frame.width, frame.height));
  sky.draw(view);
  return read(flat);
}

function drawEye({ frame, layout, view, window, eye }: Job, frustum: readonly number[], data: Uint8ClampedArray<ArrayBuffer>): string {
  picture.dispose(); // a texture never changes its size
  picture.image = { data: new Uint8Array(data.buffer), ...frame };
  picture.needsUpdate = true;
  const camera = new PerspectiveCamera();
  camera.rotation.set(view.pitch, -view.yaw, 0, "YXZ");
  camera.position.set(3, 1, 2); // it makes no difference
  camera.updateMatrixWorld();
  camera.projectionMatrix = new Matrix4().fromArray(frustum);
  mesh.material.layout = layout;
  followCameras(mesh, () => eye ?? "left");
  renderer.setSize(window.width, window.height, false);
  renderer.render(scene, camera);
  return read(eyes);
}

function read(from: HTMLCanvasElement): string {
  const gl = from.getContext("webgl2")!;
  const pixels = new Uint8Array(4 * from.width * from.height);
  gl.readPixels(0, 0, from.width, from.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let text = "";
  for (const each of pixels) text += String.fromCharCode(each);
  return btoa(text);
}

declare global {
  interface Window {
    drawSky: typeof draw;
  }
}
window.drawSky = draw;
