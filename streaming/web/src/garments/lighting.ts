/** Garments stand in the light of the room: nine harmonics for what is dull, a small environment for what shines. */

import {
  CubeTexture,
  DataTexture,
  DataUtils,
  HalfFloatType,
  LightProbe,
  LinearFilter,
  LinearMipmapLinearFilter,
  LinearSRGBColorSpace,
  type Material,
  MeshStandardMaterial,
  RGBAFormat,
  type Scene,
  ShaderChunk,
  Vector3,
} from "three";
import { BEND_POSITION, BEND_UNIFORM, type Bend, STRAIGHT } from "./bend";
import { LOBE, type Light, type Picture, harmonics, pictureOf, withLamps } from "./harmonics";
import { type Level, mirrored } from "./mirror";

const SIZE = { width: 64, height: 32 } as const; // px in which a room's light is looked at

/** The rows of a light as three wants them: of the radiance, each in the same place, before the cosine lobe. */
export function radianceRows(light: Light): Vector3[] {
  return light.map(([r, g, b], row) => new Vector3(r, g, b).divideScalar(LOBE[row] ?? 1));
}

/** The harmonics are the diffuse light: the environment must not add its own, coarser one. */
const MAPS_WITHOUT_DIFFUSE = ShaderChunk.lights_fragment_maps.replace("iblIrradiance += getIBLIrradiance( geometryNormal );", "");

/** Roughness and metalness of a material for each vertex, where parts were joined (joining.ts). */
const FINISH = {
  vertex: ["#include <begin_vertex>", "#include <begin_vertex>\n#ifdef FINISH\n  vFinish = finish;\n#endif"],
  fragment: [
    "#include <metalnessmap_fragment>",
    "#include <metalnessmap_fragment>\n#ifdef FINISH\n  roughnessFactor = vFinish.x;\n  metalnessFactor = vFinish.y;\n#endif",
  ],
} as const;

export function lightByHarmonics(material: Material, bend: Bend = STRAIGHT): void {
  const lit = material instanceof MeshStandardMaterial;
  material.onBeforeCompile = (shader) => {
    shader.uniforms["bend"] = bend;
    shader.vertexShader = BEND_UNIFORM + shader.vertexShader.replace("#include <project_vertex>", `#include <project_vertex>\n${BEND_POSITION}`);
    if (!lit) return;
    shader.vertexShader = `#ifdef FINISH\nattribute vec2 finish;\nvarying vec2 vFinish;\n#endif\n${shader.vertexShader.replace(...FINISH.vertex)}`;
    shader.fragmentShader = `#ifdef FINISH\nvarying vec2 vFinish;\n#endif\n${shader.fragmentShader
      .replace("#include <lights_fragment_maps>", MAPS_WITHOUT_DIFFUSE)
      .replace(...FINISH.fragment)}`;
  };
  material.customProgramCacheKey = () => (lit ? "harmonics" : "bent");
}

export class Lighting {
  private readonly probe = new LightProbe();
  private readonly pen = new OffscreenCanvas(SIZE.width, SIZE.height).getContext("2d", { willReadFrequently: true });
  private environment: CubeTexture | null = null;

  constructor(private readonly scene: Scene) {
    scene.add(this.probe);
  }

  /** Whether any light has been told or seen. */
  get known(): boolean {
    return this.environment !== null;
  }

  /** The server's light; `peak` is that of the strip's full white. Without a strip what shines goes on mirroring the last one. */
  set(light: Light, strip: CanvasImageSource | null, peak: number): void {
    this.probe.sh.set(radianceRows(light));
    const seen = strip && this.look(strip);
    if (seen) this.mirror({ ...seen, light: seen.light.map((each) => each * peak) });
  }

  /** The light of the picture as it is seen here, for feeds whose server tells none. */
  see(picture: CanvasImageSource): void {
    const seen = this.look(picture);
    if (!seen) return;
    const lit = withLamps(seen);
    this.probe.sh.set(radianceRows(harmonics(lit)));
    this.mirror(lit);
  }

  dispose(): void {
    this.environment?.dispose();
    this.scene.environment = null;
    this.probe.removeFromParent();
  }

  private look(picture: CanvasImageSource): Picture | null {
    if (!this.pen) return null;
    this.pen.drawImage(picture, 0, 0, SIZE.width, SIZE.height);
    return pictureOf(this.pen.getImageData(0, 0, SIZE.width, SIZE.height).data, SIZE.width, SIZE.height);
  }

  private mirror(picture: Picture): void {
    this.environment?.dispose();
    this.scene.environment = this.environment = cube(mirrored(picture));
  }
}

/** A cube with levels of roughness, as three's own generator would make it. */
function cube(levels: readonly Level[]): CubeTexture {
  const faces = levels.map(({ side, faces }) => faces.map((each) => new DataTexture(Uint16Array.from(each, DataUtils.toHalfFloat), side, side, RGBAFormat, HalfFloatType)));
  const [sharpest = [], ...rest] = faces;
  const texture = new CubeTexture(sharpest as unknown as HTMLImageElement[]);
  // three counts a cube's last level by its mipmaps, of which the sharpest is none: one more, which nobody looks at, makes the count right
  const last = levels.at(-1)!;
  const unseen = last.faces.map(() => new DataTexture(new Uint16Array(4 * (last.side / 2) ** 2), last.side / 2, last.side / 2, RGBAFormat, HalfFloatType));
  texture.mipmaps = [...rest, unseen].map((image) => ({ image })) as unknown as CubeTexture["mipmaps"];
  texture.format = RGBAFormat;
  texture.type = HalfFloatType;
  texture.colorSpace = LinearSRGBColorSpace;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.generateMipmaps = false;
  texture.isPMREMTexture = true;
  texture.needsUpdate = true;
  return texture;
}
