/** One visit by headset: joins the picture, the garments, the hands and the card, from the session's first frame to its end. */

import { Group, Matrix4, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { Garments, type Show } from "../garments/garments";
import { textureBytes } from "../garments/wardrobe";
import type { Feed } from "../link/feeds";
import type { Layout } from "../sky/layout";
import { barPage } from "./card";
import { Captions } from "./captions";
import { Fade, Flick, STEP, centred, stickOf, turned } from "./comfort";
import { Counter, type Shop } from "./counter";
import { Fitting } from "./fitting";
import { type Gaze, gazeOf } from "./gaze";
import { Highlight, Hotspot, heightOf, spotsOf } from "./hotspots";
import { Nods } from "./nod";
import { Notice, type Teller } from "./notice";
import { Panel } from "./panel";
import { Pointing } from "./pointing";
import { type Surround, drawn, layered } from "./surround";

export type Mode = "immersive-vr" | "immersive-ar";

/** What the page lends. */
export interface Host extends Shop, Show, Teller {
  readonly layout: () => Layout;
  /** Draw nothing yourself meanwhile; and again. */
  readonly rest: (resting: boolean) => void;
  /** The head looks there, at each picture; null: nobody wears a headset any more. */
  readonly look: (gaze: Gaze | null) => void;
  readonly toggleSound: () => void;
  readonly hasSound: () => boolean;
  readonly muted: () => boolean;
}

/** For tests and curious people (diagnostics.ts). */
export interface HeadsetState {
  readonly mode: Mode;
  readonly frames: number;
  readonly picture: Surround["kind"] | "none";
  /** 1: eyes shut, 0: open. */
  readonly dark: number;
  readonly feed: Feed;
  readonly space: string;
  /** Garments whose model is here, and those of them that are drawn. */
  readonly models: readonly string[];
  readonly shown: readonly string[];
  readonly hovered: string | null;
  readonly card: { readonly id: string; readonly side: "card" | "phone" } | null;
  readonly fitted: string | null;
  /** Title of what is said in the room. */
  readonly notice: string | null;
  readonly drawCalls: number;
  readonly triangles: number;
  readonly textureBytes: number;
}

const CARD = { distance: 1.6, yaw: 0.24, below: 0.08 } as const; // m, radians to the right, m below the eyes
const NEAR = { distance: 1.75, yaw: -0.3 } as const;
const BAR = { distance: 1.1, below: 0.75 } as const;
const RECENTRE_BUTTON = 3; // xr-standard: the thumbstick pressed

export class Headset {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(90, 1, 0.05, 200);
  /** World axes: the rig's centre in the reference space. */
  private readonly world = new Group();
  private readonly garments: Garments;
  private readonly highlight = new Highlight();
  private readonly pointing: Pointing;
  private readonly counter: Counter;
  private readonly bar = new Panel((id) => this.actOnBar(id), 0.8);
  private readonly fade = new Fade();
  private readonly captions: Captions;
  private readonly notice: Notice;
  private readonly fitting: Fitting;
  private readonly nods = new Nods();
  private readonly flick = new Flick();
  private readonly head = new Matrix4();
  private readonly eyes = new Vector3();
  private readonly gone = new AbortController();
  private surround: Surround | null = null;
  private spots: readonly Hotspot[] = [];
  private base: XRReferenceSpace | null = null;
  private spaceKind: "local" | "local-floor" = "local";
  private room: string | null = null;
  private heard = ""; // what the bar says of the sound
  private pressed = false;
  private lastMs = 0;
  private frames = 0;
  private calls = { drawCalls: 0, triangles: 0 };

  private constructor(
    private readonly host: Host,
    private readonly session: XRSession,
    readonly mode: Mode,
  ) {
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true, powerPreference: "high-performance" });
    this.renderer.setClearColor(0x000000, 0);
    this.renderer.debug.checkShaderErrors = import.meta.env.DEV; // asking waits for the card
    this.renderer.xr.enabled = true;
    this.garments = new Garments(this.scene, host, { always: mode === "immersive-ar" });
    this.pointing = new Pointing(this.renderer, mode === "immersive-ar", () => this.counter.back());
    this.counter = new Counter(host, () => this.host.catalogue.select(null));
    this.captions = new Captions(host.video);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.notice = new Notice(host, still);
    this.fitting = new Fitting(still);
    this.world.add(this.garments.group, this.highlight.group);
    this.scene.add(this.world, this.pointing.group, this.counter.panel.object, this.bar.object, this.captions.object, this.notice.object);
    this.scene.add(this.fade.mesh);
  }

  /** Go in; the answer is there when the first frames are asked for. */
  static async enter(host: Host, session: XRSession, mode: Mode): Promise<Headset> {
    const headset = new Headset(host, session, mode);
    try {
      await headset.start();
    } catch (fault) {
      headset.end();
      await session.end().catch(() => undefined);
      throw fault;
    }
    return headset;
  }

  /** The session has ended. */
  get over(): boolean {
    return this.gone.signal.aborted;
  }

  /** It is on a head, as far as one knows. */
  get worn(): boolean {
    return this.session.visibilityState !== "hidden";
  }

  get state(): HeadsetState {
    const pieces = [...this.garments.wardrobe.pieces.values()].filter((each) => each.bounds);
    return {
      mode: this.mode,
      frames: this.frames,
      picture: this.surround?.kind ?? "none",
      dark: this.fade.dark,
      feed: this.garments.feed,
      space: this.spaceKind,
      models: pieces.map((each) => each.name),
      shown: pieces.filter((each) => each.object.visible).map((each) => each.name),
      hovered: this.pointing.hovered,
      card: this.counter.thing && { id: this.counter.thing.id, side: this.counter.side },
      fitted: this.fitting.piece?.name ?? null,
      notice: this.notice.title,
      ...this.calls,
      textureBytes: textureBytes(this.scene),
    };
  }

  /** Where something is in the reference space, for tests that point at it: a garment by its name, or what a card has. */
  placeOf(what: string): readonly [number, number, number] | null {
    const place = new Vector3();
    const spot = this.spots.find((each) => each.name === what);
    if (spot) return spot.object.getWorldPosition(place).toArray();
    return (this.counter.panel.placeOf(what, place) ?? this.bar.placeOf(what, place) ?? this.notice.panel.placeOf(what, place))?.toArray() ?? null;
  }

  private async start(): Promise<void> {
    const { session, renderer, host } = this;
    const { signal } = this.gone;
    session.addEventListener("end", () => this.end(), { once: true });
    session.addEventListener("visibilitychange", () => this.look());
    renderer.domElement.addEventListener("webglcontextlost", () => void session.end().catch(() => undefined), { signal });
    this.spaceKind = host.catalogue.show?.scene && (await offers(session, "local-floor")) ? "local-floor" : "local";
    renderer.xr.setReferenceSpaceType(this.spaceKind);
    await renderer.xr.setSession(session);
    this.base = renderer.xr.getReferenceSpace();
    this.base?.addEventListener("reset", () => this.move(null), { signal });
    const unfollow = host.catalogue.follow(() => this.follow());
    signal.addEventListener("abort", unfollow);
    host.rest(true);
    this.follow();
    renderer.xr.setAnimationLoop((nowMs, frame) => this.draw(nowMs, frame ?? null)); // the renderer's own would draw for the window, too, by another clock
  }

  /** The session is over, whoever ended it: everything is given back, and the page goes on. */
  private end(): void {
    if (this.over) return;
    this.gone.abort();
    this.renderer.xr.setAnimationLoop(null);
    for (const each of [this.surround, this.garments, this.highlight, this.pointing, this.counter.panel, this.bar, this.captions, this.notice, this.fade]) {
      each?.dispose();
    }
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.renderer.domElement.remove();
    this.host.look(null);
    this.host.rest(false);
  }

  /** Have the picture around, when there is one: before, nothing can be said of its size. */
  private unveil(): void {
    const { session, renderer, host } = this;
    if (this.surround || this.mode !== "immersive-vr" || host.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.surround = layered(session, host.video, host.layout(), renderer) ?? drawn(host.video, host.layout());
    this.scene.add(this.surround.group);
  }

  private draw(nowMs: number, frame: XRFrame | null): void {
    const { renderer, world } = this;
    const seconds = Math.min(0.1, (nowMs - this.lastMs) / 1000);
    this.lastMs = nowMs;
    const space = renderer.xr.getReferenceSpace();
    const pose = frame && space ? frame.getViewerPose(space) : undefined;
    if (pose) this.head.fromArray(pose.transform.matrix);
    this.eyes.setFromMatrixPosition(this.head).sub(world.position);
    this.unveil();
    this.steer();
    this.showBar();
    this.fade.advance(seconds);
    if (this.fitting.advance(seconds)) this.garments.own();
    this.garments.update(nowMs);
    for (const spot of this.spots) spot.follow(this.garments.wardrobe.pieces.get(spot.name)!);
    this.highlight.follow(this.eyes);
    this.captions.follow(this.head);
    const gaze = gazeOf(this.head, this.camera.projectionMatrix);
    this.notice.update(this.headPlace(), gaze, seconds, nowMs);
    this.scene.updateMatrixWorld();
    this.pointing.update(this.head, nowMs);
    if (this.counter.thing && pose && this.nods.note(pitchOf(this.head), nowMs)) void this.counter.handOver();
    renderer.render(this.scene, this.camera);
    if (pose) this.host.look(gaze);
    this.calls = { drawCalls: renderer.info.render.calls, triangles: renderer.info.render.triangles };
    this.frames += 1;
  }

  /** What the catalogue says now. */
  private follow(): void {
    const { catalogue } = this.host;
    const scene = catalogue.show?.scene ?? null;
    const furnish = (): void => this.furnish();
    if (scene?.name !== this.room && this.room !== null) this.fade.behind(furnish);
    else furnish();
    this.room = scene?.name ?? null;
    this.select(catalogue.thing(catalogue.selected)?.id ?? null);
  }

  private furnish(): void {
    const { catalogue } = this.host;
    const scene = catalogue.show?.scene ?? null;
    const garments = scene?.garments ?? [];
    this.world.position.setY(this.spaceKind === "local-floor" ? (scene?.floorM ?? 0) : 0);
    this.garments.furnish();
    for (const each of this.spots) each.object.removeFromParent();
    const on = { hover: (spot: Hotspot | null) => this.highlight.show(spot), select: (spot: Hotspot) => this.choose(spot) };
    this.spots = spotsOf(garments, (name) => catalogue.thingOf(name)?.name ?? null).map(
      ({ garment, title }) => new Hotspot(garment.name, title, heightOf(garment), on),
    );
    for (const each of this.spots) this.world.add(each.object);
    if (this.highlight.on) this.highlight.show(null);
    this.pointing.targets = this.spots;
    this.pointing.front = [this.counter.panel, this.bar, this.notice.panel];
    this.standBar();
  }

  private choose(spot: Hotspot): void {
    const thing = this.host.catalogue.thingOf(spot.name);
    if (!thing) return;
    if (this.fitting.piece?.name === spot.name) return void this.counter.handOver(); // taken already: this is the yes
    this.host.open(thing);
  }

  /** Open the card of what the catalogue has selected, and bring its garment near; or close it. */
  private select(id: string | null): void {
    if (id === (this.counter.thing?.id ?? null)) return this.counter.refresh();
    const thing = this.host.catalogue.thing(id);
    this.nods.clear();
    if (!thing) {
      this.counter.close();
      this.fitting.release();
      return;
    }
    this.counter.open(thing);
    this.counter.panel.stand(this.before(CARD.distance, CARD.yaw).setY(this.eyes.y + this.world.position.y - CARD.below), this.headPlace());
    const piece = thing.garment && this.garments.wardrobe.pieces.get(thing.garment.name);
    if (piece?.bounds) {
      const floor = this.spaceKind === "local-floor" ? 0 : piece.matrix.elements[13] + this.world.position.y;
      const place = this.before(NEAR.distance, NEAR.yaw).setY(floor).sub(this.world.position);
      this.fitting.take(piece, place, this.eyes);
    } else this.fitting.release();
    this.garments.own();
  }

  /** A place before the visitor, in the reference space, at the height of the eyes. */
  private before(distance: number, yaw: number): Vector3 {
    const ahead = new Vector3(0, 0, -1).transformDirection(this.head).setY(0).normalize();
    ahead.applyAxisAngle(new Vector3(0, 1, 0), -yaw);
    return this.headPlace().addScaledVector(ahead, distance);
  }

  private headPlace(): Vector3 {
    return new Vector3().setFromMatrixPosition(this.head);
  }

  private standBar(): void {
    const eyes = this.spaceKind === "local-floor" ? 1.55 : 0;
    this.bar.stand(new Vector3(0, eyes - BAR.below, -BAR.distance), new Vector3(0, eyes, 0));
  }

  private showBar(): void {
    const [muted, sound] = [this.host.muted(), this.host.hasSound()];
    const heard = `${muted} ${sound}`;
    if (heard === this.heard) return;
    this.heard = heard;
    this.bar.show(barPage(muted, sound));
  }

  private actOnBar(id: string): void {
    if (id === "recentre") this.fade.behind(() => this.recentre());
    if (id === "sound" || id === "silence") this.host.toggleSound();
    if (id === "leave") void this.session.end().catch(() => undefined);
  }

  /** The stick turns in steps; pressed, it faces forward. */
  private steer(): void {
    let [side, press] = [0, false];
    for (const source of this.session.inputSources) {
      const x = stickOf(source);
      if (Math.abs(x) > Math.abs(side)) side = x;
      press ||= source.gamepad?.buttons[RECENTRE_BUTTON]?.pressed ?? false;
    }
    const turn = this.flick.note(side);
    if (turn !== 0) this.fade.behind(() => this.turn(turn * STEP));
    if (press && !this.pressed) this.fade.behind(() => this.recentre());
    this.pressed = press;
  }

  private turn(angle: number): void {
    this.move(this.renderer.xr.getReferenceSpace()?.getOffsetReferenceSpace(turned(this.head, angle)) ?? null);
  }

  private recentre(): void {
    this.move(this.renderer.xr.getReferenceSpace()?.getOffsetReferenceSpace(centred(this.head)) ?? null);
  }

  private move(space: XRReferenceSpace | null): void {
    this.renderer.xr.setReferenceSpace(space as XRReferenceSpace); // null: the session's own again; three's types do not know
    const now = this.renderer.xr.getReferenceSpace();
    if (now) this.surround?.follow(now);
    this.nods.clear();
  }

  /** The system's own things lie over the room, or the headset is off: nothing is pointed at. */
  private look(): void {
    this.pointing.active = this.session.visibilityState === "visible";
    this.nods.clear();
  }
}

function pitchOf(head: Matrix4): number {
  return Math.asin(Math.max(-1, Math.min(1, new Vector3(0, 0, -1).transformDirection(head).y)));
}

async function offers(session: XRSession, kind: XRReferenceSpaceType): Promise<boolean> {
  return session.requestReferenceSpace(kind).then(
    () => true,
    () => false,
  );
}
