/** Balls in the light of a room, for tests/e2e/test_headset.py: what three makes of light as the renderer tells it. */

import { LinearSRGBColorSpace, Mesh, MeshPhysicalMaterial, OrthographicCamera, Scene, SphereGeometry, WebGLRenderer } from "three";
import { type Light, harmonics, pictureOf, withLamps } from "../../src/garments/harmonics";
import { Lighting, lightByHarmonics } from "../../src/garments/lighting";

const SIDE = 64;

declare global {
  interface Window {
    lightOf: (bytes: readonly number[], width: number, height: number) => Light;
    /** A ball that fills the picture, seen from the back (+Z): linear light, R, G, B, A, the lowest row first. */
    ball: (bytes: readonly number[], width: number, height: number, mirror: boolean) => Promise<number[]>;
  }
}

window.lightOf = (bytes, width, height) => harmonics(withLamps(pictureOf(Uint8ClampedArray.from(bytes), width, height)));

window.ball = async (bytes, width, height, mirror) => {
  const scene = new Scene();
  const lighting = new Lighting(scene);
  lighting.see(await createImageBitmap(new ImageData(Uint8ClampedArray.from(bytes), width, height)));
  const material = new MeshPhysicalMaterial({ color: 0xffffff, roughness: mirror ? 0 : 1, metalness: mirror ? 1 : 0, specularIntensity: mirror ? 1 : 0 });
  lightByHarmonics(material);
  scene.add(new Mesh(new SphereGeometry(1, 128, 64), material));
  const camera = new OrthographicCamera(-1, 1, 1, -1, 0.1, 10);
  camera.position.z = 5;
  const renderer = new WebGLRenderer({ preserveDrawingBuffer: true });
  renderer.outputColorSpace = LinearSRGBColorSpace;
  renderer.setSize(SIDE, SIDE, false);
  renderer.render(scene, camera);
  const pixels = new Uint8Array(4 * SIDE * SIDE);
  const gl = renderer.getContext();
  gl.readPixels(0, 0, SIDE, SIDE, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  return [...pixels];
};
