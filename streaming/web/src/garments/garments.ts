/**
 * The garments of the room as models, over the clean feed: fetched, lit and placed as the server says, each on the picture that it belongs to.
 *
 * The clean feed is asked for as soon as all of them are here, and until its first picture is shown they are seen in the burned one: none is
 * there twice. None is missing either, but for the moment in which a headset takes over from the page, or gives back.
 */

import { Group, type Scene } from "three";
import type { Feed } from "../link/feeds";
import type { Player } from "../link/player";
import type { Catalogue } from "../products/catalogue";
import { type Bend, STRAIGHT } from "./bend";
import { Lighting } from "./lighting";
import { Moments } from "./moments";
import { News, type Pose } from "./news";
import { Occluders } from "./occluders";
import { Shadows } from "./shadows";
import { Wardrobe } from "./wardrobe";

const SEE_MS = 2000; // between two looks at the light of the picture
const USUAL_MS = 150; // from the lens to the screen, where the browser does not tell
const GUESS_MS = 100; // how far motions go on when no picture comes

/** What the page lends. */
export interface Show {
  readonly video: HTMLVideoElement;
  readonly player: Player;
  readonly catalogue: Catalogue;
}

export interface Wishes {
  /** Draw all garments, whatever the picture shows: nobody sees it. */
  readonly always?: boolean;
  readonly bend?: Bend;
  /** Something looks different now. */
  readonly onChange?: () => void;
}

export class Garments {
  /** Around the rig's centre, in world axes. */
  readonly group = new Group();
  readonly wardrobe: Wardrobe;
  private readonly occluders: Occluders;
  /** What the picture shows that is seen now. */
  feed: Feed = "burned";
  private readonly always: boolean;
  private wished = true;
  private readonly onChange: () => void;
  private readonly shadows: Shadows;
  private readonly lighting: Lighting;
  private readonly moments = new Moments();
  private readonly news: News;
  private live = true; // and no slate
  private occluded = false; // by more than is known here
  private told = false; // by the server, what light there is
  private seenMs = -Infinity;
  /** Of the picture that is seen: when it was captured (server's clock), and when it came (page's clock); ms. */
  private shown: { readonly atMs: number; readonly nowMs: number } | null = null;
  private showTimeMs: number | null = null; // what motions count from, against the server's clock
  private gone = false;

  /** @param scene is lit as the room is */
  constructor(
    scene: Scene,
    private readonly show: Show,
    { always = false, bend = STRAIGHT, onChange = () => undefined }: Wishes = {},
  ) {
    this.always = always;
    this.onChange = onChange;
    this.wardrobe = new Wardrobe(() => this.change(), bend);
    this.occluders = new Occluders(() => this.change(), bend);
    this.shadows = new Shadows(bend);
    this.lighting = new Lighting(scene);
    this.news = new News({
      live: (live) => {
        this.live = live;
        this.change();
      },
      light: (atMs, light, strip, peak) => {
        void decode(strip).then((picture) => this.moments.add(atMs, () => this.lighting.set(light, picture, peak)));
        this.told = true;
      },
      poses: (atMs, poses, timeS) => {
        if (timeS !== null) this.showTimeMs = 1000 * timeS - atMs;
        this.moments.add(atMs, () => this.pose(poses, timeS));
      },
    });
    this.group.add(this.wardrobe.group, this.shadows.mesh, this.occluders.group);
    show.video.requestVideoFrameCallback(this.see);
  }

  /** What the catalogue says now. */
  furnish(): void {
    const { show, worn } = this.show.catalogue;
    this.wardrobe.furnish(show?.scene?.garments ?? [], worn);
    if (!this.always) this.occluders.furnish(show?.scene?.occluders ?? []); // they are in a room that is not seen then
    this.occluded = show?.scene?.occluded ?? false;
    this.change();
  }

  /** Whether all that is to be drawn is here. */
  get complete(): boolean {
    return this.wardrobe.complete && this.occluders.complete && !this.occluded;
  }

  /** Whether some of it did not come. */
  get failed(): boolean {
    return this.wardrobe.failed || this.occluders.failed;
  }

  /** Before each drawing. @param nowMs page's clock */
  update(nowMs: number): void {
    this.listen();
    const timeS = this.timeS(nowMs);
    for (const piece of this.wardrobe.pieces.values()) if (piece.motion) piece.move(timeS);
    this.seeLight(nowMs);
    this.shadows.update(this.wardrobe.pieces.values());
  }

  /** Draw the garments that are not in the picture: all of them where it has none, else the one that was taken. */
  own(): void {
    const all = this.always || (this.feed === "clean" && this.live);
    for (const piece of this.wardrobe.pieces.values()) piece.object.visible = (all && !piece.hidden) || piece.away;
    this.occluders.group.visible = all;
  }

  /** Whether they shall be drawn here; where not, they are until the picture has them. */
  set wanted(wanted: boolean) {
    if (wanted === this.wished) return; // asked again and again
    this.wished = wanted;
    this.change();
  }

  dispose(): void {
    this.gone = true;
    this.news.follow(null, new Map());
    this.show.player.feeds.want(this, false);
    for (const each of [this.wardrobe, this.occluders, this.shadows, this.lighting]) each.dispose();
  }

  private listen(): void {
    const { session, heard } = this.show.player;
    this.news.follow(session?.messages ?? null, heard);
  }

  /** Models have come or gone, or the picture is another. */
  private change(): void {
    if (this.gone) return;
    this.listen();
    this.show.player.feeds.want(this, this.wished && (this.always || this.complete));
    this.own();
    this.onChange();
  }

  /** Each picture of the video: what was told for it is done now. */
  private readonly see = (nowMs: number, { captureTime, rtpTimestamp }: VideoFrameCallbackMetadata): void => {
    if (this.gone) return;
    const { video, player } = this.show;
    video.requestVideoFrameCallback(this.see);
    const offsetMs = player.clock.best?.offsetMs;
    const atMs = captureTime === undefined || offsetMs === undefined ? null : performance.timeOrigin + captureTime + offsetMs;
    const perhapsMs = offsetMs === undefined ? null : performance.timeOrigin + nowMs + offsetMs - USUAL_MS; // good enough for what turns
    this.shown = (atMs ?? perhapsMs) === null ? null : { atMs: (atMs ?? perhapsMs)!, nowMs };
    this.moments.reach(atMs);
    const feed = player.stream ? "burned" : player.feeds.of(rtpTimestamp); // by HTTP all garments are in the picture
    if (feed === this.feed) return;
    this.feed = feed;
    if (feed === "burned") this.told = false;
    this.change();
  };

  private timeS(nowMs: number): number | null {
    if (this.shown === null || this.showTimeMs === null) return null;
    return (this.shown.atMs + this.showTimeMs + Math.min(nowMs - this.shown.nowMs, GUESS_MS)) / 1000;
  }

  private pose(poses: ReadonlyMap<string, Pose>, timeS: number | null): void {
    for (const [name, { variant, matrix, visible }] of poses) {
      const piece = this.wardrobe.pieces.get(name);
      if (!piece) continue;
      if (matrix) piece.place(matrix);
      if (variant && variant !== piece.variant && !this.show.catalogue.worn.has(name)) void piece.wear(variant).then(this.onChange);
      if (piece.hidden && visible === true && timeS !== null) piece.beganS = timeS;
      piece.hidden = visible === false;
    }
    this.own();
    this.onChange();
  }

  /** The light of the picture itself, where no server tells it. */
  private seeLight(nowMs: number): void {
    const { video } = this.show;
    if (this.told || nowMs - this.seenMs < SEE_MS || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.seenMs = nowMs;
    this.lighting.see(video);
  }
}

/** A small picture that came as base64; null where there is none, or it is no picture. */
async function decode(base64: string | null): Promise<ImageBitmap | null> {
  if (base64 === null) return null;
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/^data:[^,]*,/, "")), (each) => each.charCodeAt(0));
    return await createImageBitmap(new Blob([bytes]));
  } catch {
    return null;
  }
}
