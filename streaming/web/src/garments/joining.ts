/** Parts of a garment that differ in nothing but colour and finish (buttons, belt, stand) are drawn as one: one call for each eye instead of five. */

import { BufferAttribute, BufferGeometry, type Matrix4, Mesh, MeshPhysicalMaterial, MeshStandardMaterial, type Object3D } from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import { varies } from "../products/model";

type Part = Mesh<BufferGeometry, MeshStandardMaterial>;

/** What the parts may share: where occlusion darkens them, by a second set of coordinates. */
const KEPT = { position: 3, normal: 3, uv: 2, uv1: 2 } as const;

/** Join what can be joined below `root`; the materials made for it are the caller's to give back. */
export function join(root: Object3D): MeshStandardMaterial[] {
  root.updateMatrixWorld(true);
  const like = new Map<string, Part[]>();
  root.traverse((each) => {
    if (!isPlain(each)) return;
    const key = occlusion(each.material);
    like.set(key, [...(like.get(key) ?? []), each]);
  });
  return [...like.values()].filter((parts) => parts.length > 1).flatMap((parts) => joined(root, parts) ?? []);
}

function joined(root: Object3D, parts: readonly Part[]): MeshStandardMaterial | null {
  const [first] = parts;
  const names = Object.keys(KEPT).filter((name) => parts.every(({ geometry }) => geometry.hasAttribute(name))) as (keyof typeof KEPT)[];
  const into = root.matrixWorld.clone().invert();
  const geometry = mergeGeometries(parts.map((each) => bare(each, names, into.clone().multiply(each.matrixWorld))));
  if (!first || !geometry) return null;
  const { aoMap, aoMapIntensity } = first.material;
  const material = new MeshStandardMaterial({ vertexColors: true, aoMap, aoMapIntensity });
  material.defines = { ...material.defines, FINISH: "" }; // lighting.ts
  for (const each of parts) {
    each.removeFromParent();
    each.geometry.dispose();
  }
  root.add(new Mesh(geometry, material));
  return material;
}

/** By what picture a part is darkened: the loader hands out each in several copies. */
function occlusion({ aoMap, aoMapIntensity }: MeshStandardMaterial): string {
  aoMap?.updateMatrix();
  return aoMap ? [aoMap.source.uuid, aoMap.channel, aoMapIntensity, ...aoMap.matrix.elements].join() : "";
}

/** One colour, one finish, no picture but occlusion, the same in all variants. */
function isPlain(part: Object3D): part is Part {
  if (!(part instanceof Mesh) || varies(part) || !(part.material instanceof MeshStandardMaterial) || part.material instanceof MeshPhysicalMaterial) return false;
  const { material, geometry } = part as Part;
  const pictures = [material.map, material.normalMap, material.roughnessMap, material.metalnessMap, material.emissiveMap, material.alphaMap];
  const plain = pictures.every((each) => !each) && !material.transparent && !material.vertexColors && material.alphaTest === 0 && material.side === 0;
  const still = !("isSkinnedMesh" in part) && Object.keys(geometry.morphAttributes).length === 0 && part.matrixWorld.determinant() > 0;
  return plain && still && material.emissive.getHex() === 0 && geometry.hasAttribute("normal") && (material.aoMap?.channel ?? 0) < 2;
}

/** A part's triangles in the root's axes, whatever numbers its file has them in, with colour and finish at each vertex. */
function bare({ geometry, material }: Part, names: readonly (keyof typeof KEPT)[], place: Matrix4): BufferGeometry {
  const bare = new BufferGeometry();
  const { count } = geometry.getAttribute("position");
  for (const name of names) {
    const [attribute, size] = [geometry.getAttribute(name), KEPT[name]];
    const numbers = new Float32Array(count * size);
    for (let n = 0; n < count * size; n += 1) numbers[n] = attribute.getComponent(Math.floor(n / size), n % size);
    bare.setAttribute(name, new BufferAttribute(numbers, size));
  }
  const { r, g, b } = material.color;
  const each = (of: readonly number[]): BufferAttribute =>
    new BufferAttribute(Float32Array.from({ length: count * of.length }, (_, n) => of[n % of.length]!), of.length);
  bare.setAttribute("color", each([r, g, b]));
  bare.setAttribute("finish", each([material.roughness, material.metalness]));
  bare.setIndex(geometry.index ? [...geometry.index.array] : [...Array(count).keys()]);
  return bare.applyMatrix4(place);
}
