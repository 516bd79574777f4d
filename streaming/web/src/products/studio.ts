/** Where a piece is looked at by itself: its light, its floor, and a camera that takes all of it in. One context, given back whole. */

import {
  Box3,
  CircleGeometry,
  DirectionalLight,
  Group,
  HemisphereLight,
  Mesh,
  NeutralToneMapping,
  PMREMGenerator,
  PerspectiveCamera,
  Scene,
  ShaderMaterial,
  Vector3,
  WebGLRenderer,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { rad } from "../sky/view";
import type { Model } from "./model";
import type { Turntable } from "./orbit";
import { PERSON_M, silhouette } from "./silhouette";

const FOV_DEG = 28; // as a portrait lens sees
const MARGIN = 1.18;
const MOST_PIXELS = 2;

export class Studio {
  /** Something has changed that is not drawn yet. */
  stale = true;
  /** Of the piece, metres. */
  height = 0;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FOV_DEG, 1, 0.05, 50);
  private readonly turning = new Group();
  private readonly person = silhouette();
  private readonly floor = shade();
  private model: Model | null = null;
  private readonly box = new Box3();
  private distance = 3;
  private readonly centre = new Vector3();

  /** @throws Error where the browser has no WebGL 2 left */
  constructor(canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: true });
    this.renderer.toneMapping = NeutralToneMapping; // made for goods: colours stay what they are
    const makers = new PMREMGenerator(this.renderer);
    const room = new RoomEnvironment();
    this.scene.environment = makers.fromScene(room, 0.03).texture;
    this.scene.environmentIntensity = 0.5;
    room.dispose();
    makers.dispose();
    const key = new DirectionalLight(0xfff4e8, 1.1);
    key.position.set(1.4, 2.4, 2);
    this.scene.add(new HemisphereLight(0xffffff, 0x4a4038, 0.25), key, this.turning, this.person, this.floor);
    this.person.visible = false;
  }

  async show(model: Model, variant: string | null): Promise<void> {
    await model.wear(variant);
    this.model?.dispose();
    this.turning.clear();
    this.model = model;
    model.root.updateMatrixWorld(true);
    this.box.setFromObject(model.root);
    if (this.box.isEmpty()) throw new Error("the model has nothing to look at");
    const middle = this.box.getCenter(new Vector3());
    this.height = this.box.max.y - this.box.min.y;
    model.root.position.x -= middle.x;
    model.root.position.z -= middle.z;
    model.root.position.y -= this.box.min.y;
    this.box.translate(new Vector3(-middle.x, -this.box.min.y, -middle.z));
    this.turning.add(model.root);
    this.stale = true;
  }

  wear(variant: string | null): void {
    void this.model?.wear(variant).then(() => {
      this.stale = true;
    });
  }

  /** Stand a person beside it, for its size. */
  compare(on: boolean): void {
    this.person.visible = on;
    this.stale = true;
  }

  resize(width: number, height: number): void {
    if (width < 1 || height < 1) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, MOST_PIXELS));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.frame();
  }

  draw(table: Turntable): void {
    const { yaw, pitch, zoom } = table.now;
    const distance = this.distance / zoom;
    this.turning.rotation.y = yaw;
    this.camera.position.set(0, distance * Math.sin(pitch), distance * Math.cos(pitch)).add(this.centre);
    this.camera.lookAt(this.centre);
    this.camera.updateMatrixWorld();
    this.renderer.render(this.scene, this.camera);
    this.stale = false;
  }

  /** Where the top and the foot of the piece are seen, at its right side, and the person's head, px. */
  span(width: number, height: number): readonly [top: Vector3, foot: Vector3, head: Vector3] {
    const seen = (x: number, y: number): Vector3 => {
      const at = new Vector3(x, y, 0).project(this.camera);
      return new Vector3(((at.x + 1) / 2) * width, ((1 - at.y) / 2) * height, 0);
    };
    return [seen(this.radius, this.height), seen(this.radius, 0), seen(this.person.position.x, PERSON_M)];
  }

  dispose(): void {
    this.model?.dispose();
    this.scene.environment?.dispose();
    for (const each of [this.person, this.floor]) {
      each.geometry.dispose();
      each.material.dispose();
    }
    this.renderer.dispose();
    this.renderer.forceContextLoss(); // browsers have few contexts, and give them back late by themselves
  }

  private get radius(): number {
    const { min, max } = this.box;
    return Math.hypot(max.x - min.x, max.z - min.z) / 2;
  }

  /** The distance from which all is seen, whichever way the window is longer and the piece is turned. */
  private frame(): void {
    const person = this.person.visible;
    const high = person ? Math.max(PERSON_M, this.height) : this.height;
    const side = this.radius || 0.5;
    const left = person ? side + 0.75 : side;
    const right = person ? side + 0.35 : side;
    this.centre.set((right - left) / 2, high / 2, 0);
    this.person.position.set(-side - 0.38, 0, 0);
    this.floor.scale.setScalar(side * 1.7);
    const half = Math.tan(rad(FOV_DEG) / 2);
    this.distance = MARGIN * Math.max(high / 2 / half, (left + right) / 2 / (half * this.camera.aspect)) + side;
    this.stale = true;
  }
}

/** A soft shade under the piece. */
function shade(): Mesh<CircleGeometry, ShaderMaterial> {
  const material = new ShaderMaterial({
    transparent: true,
    depthWrite: false,
    vertexShader: "varying vec2 place; void main() { place = position.xy; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }",
    fragmentShader: "varying vec2 place; void main() { float far = length(place); gl_FragColor = vec4(0.0, 0.0, 0.0, 0.55 * pow(max(0.0, 1.0 - far), 1.6)); }",
  });
  const disc = new Mesh(new CircleGeometry(1, 48), material);
  disc.rotation.x = -Math.PI / 2;
  disc.position.y = 0.002;
  return disc;
}
