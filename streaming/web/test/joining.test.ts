import { BoxGeometry, Group, Mesh, MeshPhysicalMaterial, MeshStandardMaterial, Texture } from "three";
import { expect, test } from "vitest";
import { join } from "../src/garments/joining";

/** A garment as the loader hands it out: each material has its own copy of the picture that darkens it. */
function garment(): { root: Group; cloth: Mesh; seam: Mesh } {
  const root = new Group();
  const dark = new Texture();
  const part = (material: MeshStandardMaterial, x: number): Mesh => {
    const mesh = new Mesh(new BoxGeometry(1, 1, 1), material);
    mesh.position.x = x;
    root.add(mesh);
    return mesh;
  };
  const plain = (color: number, roughness: number, metalness: number): MeshStandardMaterial =>
    new MeshStandardMaterial({ color, roughness, metalness, aoMap: dark.clone() });
  part(plain(0xff0000, 0.25, 0), 1);
  part(plain(0x0000ff, 0.5, 1), 2);
  const cloth = part(new MeshPhysicalMaterial({ sheen: 1 }), 3);
  const seam = part(plain(0x00ff00, 1, 0), 4);
  seam.userData["gltfExtensions"] = { KHR_materials_variants: { mappings: [] } };
  return { root, cloth, seam };
}

test("what differs in colour and finish alone becomes one part, in its places; what variants change stays by itself", () => {
  const { root, cloth, seam } = garment();
  root.position.set(0, 5, 0);
  const made = join(root);
  expect(made).toHaveLength(1);
  expect(root.children.slice(0, 2)).toEqual([cloth, seam]);
  const [, , one] = root.children as [Mesh, Mesh, Mesh];
  expect(one.material).toBe(made[0]);
  const { geometry } = one;
  expect(geometry.getAttribute("position").count).toBe(48);
  geometry.computeBoundingBox();
  expect([geometry.boundingBox?.min.toArray(), geometry.boundingBox?.max.toArray()]).toEqual([[0.5, -0.5, -0.5], [2.5, 0.5, 0.5]]);
  const at = (name: string, n: number): number[] => [...geometry.getAttribute(name).array].slice(n * geometry.getAttribute(name).itemSize, (n + 1) * geometry.getAttribute(name).itemSize);
  expect([at("color", 0), at("finish", 0)]).toEqual([[1, 0, 0], [0.25, 0]]);
  expect([at("color", 24), at("finish", 24)]).toEqual([[0, 0, 1], [0.5, 1]]);
});

test("one part alone, or one that is darkened by another picture, stays as it is", () => {
  const root = new Group();
  for (let n = 0; n < 2; n += 1) root.add(new Mesh(new BoxGeometry(1, 1, 1), new MeshStandardMaterial({ aoMap: new Texture() })));
  const before = [...root.children];
  expect(join(root)).toEqual([]);
  expect(root.children).toEqual(before);
});
