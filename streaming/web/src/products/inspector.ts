/** A piece by itself, in 3D, in front of the room: turned by hand, in all its colours, and beside a ruler in its real size. */

import "./inspector.css";
import {
  Box3,
  DirectionalLight,
  Group,
  HemisphereLight,
  Mesh,
  MeshBasicMaterial,
  NeutralToneMapping,
  CircleGeometry,
  PMREMGenerator,
  PerspectiveCamera,
  Scene,
  ShaderMaterial,
  Shape,
  ShapeGeometry,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import { rad } from "../sky/view";
import { icon, make } from "../ui/dom";
import type { Catalogue, Thing } from "./catalogue";
import { type Model, loadModel } from "./model";
import { Turntable, lengths } from "./orbit";
import { type Option, button, choices, fill } from "./parts";
import { say } from "./words";

const FOV_DEG = 28; // as a portrait lens sees
const MARGIN = 1.18;
const KEY_TURN = rad(12);
const KEY_ZOOM = 1.2;
const PX_TURN = rad(0.4);
const PERSON_M = 1.7;
const MOST_PIXELS = 2;
const ICONS = { front: ["M12 4a8 8 0 1 1-7.4 5", "M4 4v5h5"], ruler: ["M8 3h8v18H8Z", "M8 7h3M8 11h5M8 15h3M8 19h0"], nearer: ["M12 6v12M6 12h12"], farther: ["M6 12h12"], close: ["M6 6l12 12M18 6L6 18"] };

export class Inspector {
  private readonly element = make("section", "inspector");
  private readonly canvas = make("canvas");
  private readonly colours = make("div", "choose");
  private readonly message = make("p", "inspector-said");
  private readonly ruler = make("div", "ruler");
  private readonly person = make("span", "person", say.person(String(PERSON_M * 100)));
  private readonly rulerButton: HTMLButtonElement;
  private readonly table = new Turntable();
  private readonly gone = new AbortController();
  private readonly observer = new ResizeObserver(() => this.resize());
  private stage: Stage | null = null;
  private shown: string | null = null;
  private loading = 0;
  private lastMs = 0;
  private frame = 0;

  /** Open it in `host`; `onClose` is told once when it has closed. */
  constructor(
    private readonly catalogue: Catalogue,
    private thing: string,
    host: HTMLElement,
    private readonly onClose: () => void,
  ) {
    this.element.setAttribute("role", "dialog");
    this.element.tabIndex = -1;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-description", say.turnIt);
    this.message.setAttribute("role", "status");
    for (const each of [this.ruler, this.person]) each.setAttribute("aria-hidden", "true");
    this.rulerButton = tool(ICONS.ruler, say.realSize, () => this.toggleRuler());
    this.rulerButton.setAttribute("aria-pressed", "false");
    const bar = make("div", "bar");
    bar.append(
      tool(ICONS.farther, say.farther, () => this.table.zoom(1 / KEY_ZOOM)),
      tool(ICONS.nearer, say.nearer, () => this.table.zoom(KEY_ZOOM)),
      tool(ICONS.front, say.reset, () => this.table.front()),
      this.rulerButton,
    );
    const close = tool(ICONS.close, say.backToRoom, () => this.close());
    close.classList.add("close");
    const foot = make("div", "inspector-foot");
    foot.append(this.colours, bar);
    this.element.append(this.canvas, this.ruler, this.person, this.message, close, foot);
    host.append(this.element);
    this.hands();
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    const obey = (): void => {
      this.table.still = calm.matches;
    };
    calm.addEventListener("change", obey, { signal: this.gone.signal });
    obey();
    try {
      this.stage = new Stage(this.canvas);
    } catch (fault) {
      console.warn(fault);
      this.fail();
    }
    this.canvas.addEventListener("webglcontextlost", () => this.fail(), { signal: this.gone.signal });
    this.observer.observe(this.element);
    this.update();
    this.canvas.focus({ preventScroll: true });
    this.frame = requestAnimationFrame(this.tick);
  }

  /** The catalogue has changed: another thing may be selected, or another colour. */
  update(): void {
    if (this.catalogue.selected !== null) this.thing = this.catalogue.selected;
    const thing = this.catalogue.thing(this.thing);
    if (!thing?.garment?.model) return this.close();
    this.element.setAttribute("aria-label", say.viewOf(thing.name));
    this.canvas.setAttribute("aria-label", say.viewOf(thing.name));
    if (thing.garment.model !== this.shown) void this.load(thing, thing.garment.model);
    else this.stage?.wear(this.variant(thing));
    this.showColours(thing);
  }

  close(): void {
    if (this.gone.signal.aborted) return;
    this.gone.abort();
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.stage?.dispose();
    this.stage = null;
    this.element.remove();
    this.onClose();
  }

  private variant({ product, garment }: Thing): string | null {
    return (product && this.catalogue.variant(product)?.gltfVariant) || garment?.variant || null;
  }

  private async load(thing: Thing, url: string): Promise<void> {
    if (!this.stage) return;
    const turn = ++this.loading;
    this.shown = url;
    this.element.classList.add("loading");
    this.message.replaceChildren(say.loading);
    try {
      const model = await loadModel(url, this.gone.signal);
      if (turn !== this.loading || !this.stage) return model.dispose();
      await this.stage.show(model, this.variant(thing));
      this.table.front();
      this.message.replaceChildren();
      this.resize();
      this.showColours(thing);
    } catch (fault) {
      if (turn !== this.loading || this.gone.signal.aborted) return;
      console.warn(fault);
      this.fail();
    } finally {
      if (turn === this.loading) this.element.classList.remove("loading");
    }
  }

  private fail(): void {
    const again = button(say.again, "quiet-button", "again", () => {
      this.shown = null;
      this.update();
    });
    this.message.replaceChildren(say.cannot, ...(this.stage ? [" ", again] : []));
  }

  /** Colours of the product; of a garment that is not sold, the variants of its file. */
  private showColours({ product, garment }: Thing): void {
    const chosen = product && this.catalogue.variant(product)?.id;
    const options = (product?.variants ?? []).map((each): Option => ({ id: each.id, name: each.name, chosen: each.id === chosen, swatch: each.swatch }));
    fill(this.colours, { options, garment: garment?.name }, () => {
      if (!product || options.length < 2) return [];
      return [choices(say.colour, "inspector-colour", "colours", options, (id) => this.catalogue.choose(product, id))];
    });
  }

  private toggleRuler(): void {
    const on = !this.element.classList.contains("measured");
    this.rulerButton.setAttribute("aria-pressed", String(on));
    this.element.classList.toggle("measured", on);
    this.stage?.compare(on);
    if (on) this.table.front();
    if (this.stage?.height) this.message.replaceChildren(on ? make("span", "unseen", say.high(...lengths(this.stage.height))) : "");
    this.resize();
  }

  private readonly tick = (nowMs: number): void => {
    this.frame = requestAnimationFrame(this.tick);
    const seconds = Math.min((nowMs - this.lastMs) / 1000, 0.1);
    this.lastMs = nowMs;
    const moved = this.table.advance(seconds);
    if (!this.stage || document.hidden) return;
    if (moved || this.stage.stale) {
      this.stage.draw(this.table);
      this.placeRuler();
    }
  };

  private resize(): void {
    this.stage?.resize(this.canvas.clientWidth, this.canvas.clientHeight);
  }

  /** The ruler stands where the piece ends, as high as it is. */
  private placeRuler(): void {
    const stage = this.stage;
    if (!stage?.height) return;
    const [top, bottom, head] = stage.span(this.canvas.clientWidth, this.canvas.clientHeight);
    this.person.style.transform = `translate(${head.x.toFixed(1)}px, ${head.y.toFixed(1)}px)`;
    this.ruler.style.transform = `translate(${bottom.x.toFixed(1)}px, ${top.y.toFixed(1)}px)`;
    this.ruler.style.height = `${Math.max(0, bottom.y - top.y).toFixed(1)}px`;
    fill(this.ruler, stage.height.toFixed(3), () => [make("span", "", say.high(...lengths(stage.height)))]);
  }

  private hands(): void {
    const { canvas, table } = this;
    const down = new Map<number, { x: number; y: number }>();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) table.zoom(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)));
      else table.turn((now.x - before.x) * PX_TURN, (now.y - before.y) * PX_TURN);
      down.set(event.pointerId, now);
    });
    for (const kind of ["pointerup", "pointercancel"] as const) canvas.addEventListener(kind, (event) => down.delete(event.pointerId));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        table.zoom(Math.exp(-event.deltaY * 0.0015));
      },
      { passive: false },
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") this.close();
      else if (event.target !== canvas || !this.key(event.key)) return;
      event.preventDefault();
    });
  }

  private key(key: string): boolean {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.table.turn(-KEY_TURN, 0),
      ArrowRight: () => this.table.turn(KEY_TURN, 0),
      ArrowUp: () => this.table.turn(0, KEY_TURN),
      ArrowDown: () => this.table.turn(0, -KEY_TURN),
      "+": () => this.table.zoom(KEY_ZOOM),
      "=": () => this.table.zoom(KEY_ZOOM),
      "-": () => this.table.zoom(1 / KEY_ZOOM),
      Home: () => this.table.front(),
    };
    actions[key]?.();
    return key in actions;
  }
}

function tool(paths: readonly string[], name: string, act: () => void): HTMLButtonElement {
  const made = button("", "tool", name, act, name);
  made.title = name;
  made.append(icon(...paths));
  return made;
}

/** The graphics of it: one context, given back whole. */
class Stage {
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

/** Half an outline of somebody standing, from the neck down to the foot and up between the legs; metres. */
const OUTLINE = [
  [0.04, 1.47], [0.055, 1.435], [0.15, 1.41], [0.195, 1.36], [0.215, 1.2], [0.235, 1.03], [0.25, 0.86], [0.245, 0.76], [0.215, 0.76], [0.205, 0.88], [0.185, 1.05],
  [0.158, 1.22], [0.135, 1.07], [0.165, 0.9], [0.165, 0.7], [0.13, 0.48], [0.115, 0.3], [0.08, 0.08], [0.1, 0.015], [0.03, 0.015], [0.03, 0.3], [0.028, 0.5], [0.008, 0.79],
] as const;

/** A person as a shadow, `PERSON_M` high; in one piece, for overlaps of what is translucent would show. */
function silhouette(): Mesh<ShapeGeometry, MeshBasicMaterial> {
  const side = (sign: number): Vector2[] => OUTLINE.map(([x, y]) => new Vector2(sign * x, y));
  const outline = new Shape();
  outline.moveTo(0.04, 1.47);
  outline.splineThru(side(1).slice(1));
  outline.splineThru(side(-1).reverse());
  outline.bezierCurveTo(-0.036, 1.5, -0.073, 1.51, -0.073, 1.595);
  outline.bezierCurveTo(-0.073, 1.66, -0.042, PERSON_M, 0, PERSON_M);
  outline.bezierCurveTo(0.042, PERSON_M, 0.073, 1.66, 0.073, 1.595);
  outline.bezierCurveTo(0.073, 1.51, 0.036, 1.5, 0.04, 1.47);
  const material = new MeshBasicMaterial({ color: 0xd8b98c, transparent: true, opacity: 0.34, depthWrite: false, toneMapped: false });
  return new Mesh(new ShapeGeometry(outline, 10), material);
}
