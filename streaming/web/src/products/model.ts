/**
 * Garments from glTF files, with their variants (KHR_materials_variants), for whoever draws them here. A chunk of its own: load it when needed.
 *
 * Pictures inside the file are decoded by <img>: three's usual way fetches blob: addresses, which the page's policy forbids. Draco and meshopt
 * need WebAssembly, which it forbids too: such a file is refused, as any other that cannot be read.
 */

import { type Group, LoadingManager, type Material, Mesh, type Object3D, Texture, TextureLoader } from "three";
import { type GLTF, GLTFLoader, type GLTFParser } from "three/examples/jsm/loaders/GLTFLoader.js";

const VARIANTS = "KHR_materials_variants";
const PATIENCE_MS = 60_000;

export interface Model {
  readonly root: Group;
  /** Names, as the file has them. */
  readonly variants: readonly string[];
  readonly animations: GLTF["animations"];
  /** Put a variant on; null, or a name that the file does not have: as it comes. */
  wear(variant: string | null): Promise<void>;
  /** Give all memory of the graphics card back. */
  dispose(): void;
}

/** Whether a part of a model looks different in some variant. */
export function varies(part: Object3D): boolean {
  return extension(part) !== undefined;
}

interface Mapping {
  readonly material: number;
  readonly variants: readonly number[];
}

/** @throws Error if it does not come, or is no glTF that can be drawn here */
export async function loadModel(url: string, signal?: AbortSignal): Promise<Model> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, patience]) : patience });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return readModel(await response.arrayBuffer());
}

export async function readModel(file: ArrayBuffer): Promise<Model> {
  const manager = new LoadingManager();
  // whatever a file names: nothing outside of it is asked for
  manager.setURLModifier((asked) => (/^(blob|data):/.test(asked) ? asked : "data:,"));
  const loader = new GLTFLoader(manager);
  loader.register((parser) => {
    parser.textureLoader = new TextureLoader(manager);
    return { name: "pictures by <img>" };
  });
  const gltf = await loader.parseAsync(file, "");
  return new Dressed(gltf);
}

class Dressed implements Model {
  readonly root: Group;
  readonly variants: readonly string[];
  readonly animations: GLTF["animations"];
  private readonly parser: GLTFParser;
  private readonly first = new Map<Mesh, Material | Material[]>();
  private readonly used = new Set<Material>();
  private wanted = 0;

  constructor(gltf: GLTF) {
    this.root = gltf.scene;
    this.parser = gltf.parser;
    this.animations = gltf.animations;
    const named = (extension(gltf)?.["variants"] ?? []) as readonly { name?: unknown }[];
    this.variants = named.map((each) => String(each.name));
    this.meshes((mesh) => {
      this.first.set(mesh, mesh.material);
      this.remember(mesh.material);
    });
  }

  async wear(variant: string | null): Promise<void> {
    const turn = ++this.wanted;
    const number = variant === null ? -1 : this.variants.indexOf(variant);
    const changes: (readonly [Mesh, Material | Material[]])[] = [];
    for (const [mesh, first] of this.first) {
      const mapping = ((extension(mesh)?.["mappings"] ?? []) as readonly Mapping[]).find((each) => each.variants.includes(number));
      changes.push([mesh, mapping ? await this.material(mesh, mapping.material) : first]);
    }
    if (turn !== this.wanted) return; // another was asked for meanwhile
    for (const [mesh, material] of changes) mesh.material = material;
  }

  dispose(): void {
    this.wanted += 1;
    this.meshes((mesh) => mesh.geometry.dispose());
    for (const material of this.used) {
      for (const value of Object.values(material) as unknown[]) if (value instanceof Texture) value.dispose();
      material.dispose();
    }
  }

  private async material(mesh: Mesh, index: number): Promise<Material | Material[]> {
    const before = mesh.material;
    mesh.material = (await this.parser.getDependency("material", index)) as Material;
    this.parser.assignFinalMaterial(mesh); // with vertex colours and tangents, as this mesh has them
    const made = mesh.material;
    mesh.material = before;
    this.remember(made);
    return made;
  }

  private remember(material: Material | Material[]): void {
    for (const each of [material].flat()) this.used.add(each);
  }

  private meshes(act: (mesh: Mesh) => void): void {
    this.root.traverse((each) => {
      if (each instanceof Mesh) act(each as Mesh);
    });
  }
}

function extension(of: GLTF | Object3D): Readonly<Record<string, unknown>> | undefined {
  const extensions = of.userData["gltfExtensions"] as Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  return extensions?.[VARIANTS];
}
