/** The page of one channel: joins player, stage and everything that shows their state. */

import { type ChannelState, channelState, listChannels, tokenOf, watchAddress } from "./api";
import { Controls } from "./ui/controls";
import { type Diagnostics, videoStats } from "./diagnostics";
import { byId, setText } from "./ui/dom";
import { Doors } from "./headset/doors";
import { Frames } from "./link/frames";
import { Host, embedded } from "./embed/host";
import { listen } from "./input/gestures";
import { badge } from "./link/latency";
import { Meter } from "./link/meter";
import { Panel } from "./ui/panel";
import { Player } from "./link/player";
import { Products } from "./products/products";
import { followFullScreen, toggleFullScreen } from "./input/screen";
import { readLayout } from "./sky/layout";
import { Stage } from "./sky/stage";
import { Status } from "./ui/status";
import { type Size, type View, deg, focalPx, rad } from "./sky/view";
import { events } from "./events";
import { type Words, pausedWords, words } from "./ui/words";

const STATE_MS = 2000;
const SAY_MS = 500;

export class Viewer {
  private readonly page = byId("stage", HTMLElement);
  private readonly canvas = byId("sky", HTMLCanvasElement);
  private readonly video = byId("video", HTMLVideoElement);
  private readonly needle = byId("needle", SVGElement);
  private readonly latency = byId("latency", HTMLElement);
  private readonly lens = byId("lens", HTMLElement);
  private readonly player: Player;
  private readonly stage: Stage;
  private readonly frames: Frames;
  private readonly meter: Meter;
  private readonly panel = new Panel();
  private readonly products: Products;
  private readonly status: Status;
  private readonly controls: Controls;
  private readonly doors: Doors;
  private channel: ChannelState | null | undefined;
  private paused = false;

  /** @throws Error where the browser has no WebGL 2 */
  constructor(private readonly name: string) {
    this.player = new Player(this.video, `/whep/${encodeURIComponent(name)}`, tokenOf(location), () => this.say());
    this.meter = new Meter(this.player);
    this.stage = new Stage(this.canvas, this.video, (view, size) => this.showView(view, size));
    this.player.renditions.longestPx = this.stage.longestPx;
    const host = new Host(
      {
        play: () => this.paused && this.togglePause(),
        pause: () => this.paused || this.togglePause(),
        mute: () => this.video.muted || this.toggleSound(),
        unmute: () => this.video.muted && this.toggleSound(),
        "look-at": (wanted) => this.stage.head.lookAt(inRadians(wanted)),
        "set-quality": ({ name }) => this.player.renditions.ask(name),
        "select-product": ({ product }) => this.products.select(product),
      },
      events,
    );
    this.products = new Products(name, this.stage.head, embedded ? host : null);
    this.frames = new Frames(this.video, (latencyMs) => this.showPicture(latencyMs), () => this.clock());
    this.status = new Status(() => void this.player.play(), () => this.player.retryNow());
    const commands = {
      mute: () => this.toggleSound(),
      pause: () => this.togglePause(),
      planet: () => this.togglePlanet(),
      quality: (name: string) => this.player.renditions.ask(name),
      fullScreen: () => void toggleFullScreen(this.page),
      details: () => this.toggleDetails(),
    };
    this.controls = new Controls({ ...commands, zoom: (factor) => this.stage.head.zoom(factor) });
    listen(this.canvas, this.stage.head, commands);
    this.doors = new Doors({
      video: this.video,
      player: this.player,
      catalogue: this.products.catalogue,
      layout: () => readLayout(this.channel?.layout),
      rest: (resting) => this.rest(resting),
      hasSound: () => this.hasSound,
      toggleSound: () => this.toggleSound(),
      open: (thing) => this.products.select(thing.id),
      add: (product, variant, size) => this.products.add(product, variant, size),
      address: (thing) => watchAddress(name, thing.id, location),
    });
    window.vrlive = this.diagnostics();
  }

  start(): void {
    byId("compass", HTMLButtonElement).addEventListener("click", () => this.stage.head.lookAhead());
    followFullScreen((on) => this.controls.showFullScreen(on));
    addEventListener("pagehide", () => this.player.stop());
    addEventListener("pageshow", (event) => event.persisted && this.player.start());
    this.canvas.focus({ preventScroll: true });
    this.player.start();
    void this.followChannel();
    setInterval(() => this.say(), SAY_MS);
    setInterval(() => void this.meter.look(), 2 * SAY_MS);
  }

  /** Ask for the channel's state again and again; a server that is away leaves the last one. */
  private async followChannel(): Promise<void> {
    if (!document.hidden) {
      try {
        this.channel = await channelState(this.name);
        if (this.channel === null) this.status.offer(await listChannels());
      } catch {
        if (this.player.link.kind !== "playing") this.channel = undefined; // the player says that the server does not answer
      }
      if (this.channel !== undefined) this.showTitle(this.channel?.title || this.channel?.name || "vrlive");
      this.products.follow(this.channel);
      if (this.channel) this.stage.layout = readLayout(this.channel.layout);
      this.stage.refresh();
      this.say();
    }
    setTimeout(() => void this.followChannel(), STATE_MS);
  }

  private showTitle(title: string): void {
    document.title = title;
    setText(byId("title", HTMLElement), title);
  }

  private words(): Words {
    if (this.paused && this.player.link.kind === "playing") return pausedWords();
    return words(this.player.link, this.channel, performance.now());
  }

  private say(): void {
    const link = this.player.link.kind;
    const asks = link === "blocked" ? "play" : link === "waiting" ? "retry" : null;
    this.status.show(this.words(), this.frames.presented === 0, asks);
    this.page.classList.toggle("away", link !== "playing" && link !== "blocked");
    this.controls.showSound(this.video.muted, this.hasSound);
    this.controls.showPlanet(this.stage.head.planet);
    this.player.renditions.need(this.stage.neededPx, performance.now());
    this.controls.showQuality(this.player.renditions.choice);
    setText(this.latency, badge(this.meter.latency.ms));
    this.panel.show(this.channel, {
      latencyMs: this.meter.latency.ms,
      decodedFps: this.meter.decodedFps,
      size: `${this.video.videoWidth}x${this.video.videoHeight}`,
      packetsLost: this.meter.packetsLost,
      clockMs: this.player.clock.best?.offsetMs ?? null,
      feed: (this.channel?.feeds.length ?? 0) > 1 ? (this.player.feeds.state?.name ?? null) : null,
    });
  }

  private showPicture(latencyMs: number | null): void {
    this.meter.picture(latencyMs);
    this.stage.refresh();
    if (this.frames.presented > 1) return;
    this.page.classList.add("seen");
    this.say();
  }

  private showView(view: View, size: Size): void {
    this.needle.style.transform = `rotate(${(-deg(view.yaw)).toFixed(1)}deg)`;
    setText(this.lens, `${Math.round(deg(view.fov))}°`);
    this.products.place(view, size);
  }

  private get hasSound(): boolean {
    return (this.player.session?.stream.getAudioTracks().length ?? 0) > 0;
  }

  /** Draw nothing while a headset does. */
  private rest(resting: boolean): void {
    this.stage.paused = resting;
    this.stage.refresh();
  }

  private toggleSound(): void {
    this.video.muted = !this.video.muted;
    if (!this.paused) void this.player.play();
    this.say();
  }

  private togglePause(): void {
    this.paused = !this.paused;
    this.controls.showPaused(this.paused);
    if (this.paused) this.video.pause();
    else void this.player.play();
    this.say();
  }

  private togglePlanet(): void {
    const { head } = this.stage;
    head.planet = !head.planet;
    this.controls.showPlanet(head.planet);
  }

  private toggleDetails(): void {
    this.controls.showDetails(this.panel.toggle());
    this.say();
  }

  private clock(): ReturnType<ConstructorParameters<typeof Frames>[2]> {
    return { loop: this.channel?.loop ?? null, offsetMs: this.player.clock.best?.offsetMs ?? null };
  }

  private diagnostics(): Diagnostics {
    const viewer = this;
    return {
      get view() {
        const { yaw, pitch, fov } = viewer.stage.head.view;
        return { yawDeg: deg(yaw), pitchDeg: deg(pitch), fovDeg: deg(fov) };
      },
      set view(wanted) {
        const { head } = viewer.stage;
        const now = this.view;
        const { yawDeg, pitchDeg, fovDeg } = { ...now, ...wanted };
        head.set({ yaw: rad(yawDeg), pitch: rad(pitchDeg), fov: rad(fovDeg) });
      },
      get focalPx() {
        const { view, size } = viewer.stage.head;
        return focalPx(view.fov, size, view.bend);
      },
      get link() {
        return viewer.player.link.kind;
      },
      get channel() {
        return viewer.channel ?? null;
      },
      get words() {
        return viewer.words().title;
      },
      get rendition() {
        return viewer.player.renditions.choice;
      },
      get latencyMs() {
        return viewer.meter.latency.ms;
      },
      get clock() {
        return viewer.player.clock.best;
      },
      get frames() {
        return { presented: viewer.frames.presented, drawn: viewer.stage.drawn };
      },
      stats: () => videoStats(viewer.player.session?.connection),
      pauseSky: (paused) => {
        viewer.stage.paused = paused;
      },
      readBarcode: () => viewer.frames.read(),
      followBarcode: () => viewer.frames.follow(),
      seenFrames: () => viewer.frames.taken(),
      get headset() {
        return viewer.doors.inside;
      },
    };
  }
}

function inRadians(wanted: { yawDeg?: number; pitchDeg?: number; fovDeg?: number }): Partial<View> {
  return {
    ...(wanted.yawDeg !== undefined && { yaw: rad(wanted.yawDeg) }),
    ...(wanted.pitchDeg !== undefined && { pitch: rad(wanted.pitchDeg) }),
    ...(wanted.fovDeg !== undefined && { fov: rad(wanted.fovDeg) }),
  };
}
