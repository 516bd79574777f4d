/** The page of one channel: joins player, stage, hands and everything that shows their state. */

import { type ChannelState, channelState, listChannels, tokenOf, watchAddress, watchPath } from "./api";
import { deepLink, readDeepLink } from "./deeplink";
import { diagnose, viewDeg } from "./diagnostics";
import { events } from "./events";
import { Badge } from "./garments/badge";
import { Twin, delivery } from "./garments/twin";
import { Host, embedded } from "./embed/host";
import { Doors } from "./headset/doors";
import type { Gaze } from "./headset/gaze";
import { listen } from "./input/gestures";
import type { Gyro } from "./input/gyro";
import { gyroOffered } from "./input/hands";
import { followIdle } from "./input/idle";
import { comeBack } from "./input/interruption";
import { Follower, toggleFollowing } from "./input/follow";
import { type Commands, keyLines, listenToKeys } from "./input/keys";
import { followFullScreen, toggleFullScreen } from "./input/screen";
import { followThrift } from "./input/thrift";
import type { Visit } from "./insight/insight";
import { playing } from "./insight/playing";
import { phrases } from "./language";
import { Frames } from "./link/frames";
import { badge } from "./link/latency";
import { Meter } from "./link/meter";
import type { Link } from "./link/kinds";
import { Player } from "./link/player";
import { why } from "./link/why";
import { paced } from "./pace";
import { Products } from "./products/products";
import { Playhead } from "./replay/playhead";
import { showPoster } from "./replay/poster";
import { readLayout } from "./sky/layout";
import { Stage } from "./sky/stage";
import { FORWARD, type Size, type View, deg, rad } from "./sky/view";
import { Sound } from "./sound/sound";
import { Telling } from "./telling";
import { Compass } from "./ui/compass";
import { Controls } from "./ui/controls";
import { withPart } from "./ui/chunk";
import { byId, setText } from "./ui/dom";
import type { Panel } from "./ui/panel";
import { Picture } from "./ui/picture";
import type { Preferences } from "./ui/preferences";
import { Status } from "./ui/status";
import { toast } from "./ui/toast";

const STATE_MS = 2000;
const SAY_MS = 500;
const TELL_MS = 250;
const THRIFTY_FPS = 15;
const ASK_MS = 12_000; // who has just come wants to look, not to answer
const BUSY = "dialog[open], .sheeted, .inspecting"; // somebody reads or decides

const say = phrases(
  {
    twoFingers: "Use two fingers to look around",
    wheel: "Click the picture, or hold Ctrl, to zoom with the wheel",
    noGyro: "This device does not tell how it is held",
    noWayBack: "It cannot be played any further: back to live",
  },
  { twoFingers: "请用双指转动视角", wheel: "点按画面或按住 Ctrl 键，即可用滚轮缩放", noGyro: "无法读取此设备的方向", noWayBack: "无法继续播放，已回到直播" },
);

export class Viewer {
  private readonly page = byId("stage", HTMLElement);
  private readonly canvas = byId("sky", HTMLCanvasElement);
  private readonly video = byId("video", HTMLVideoElement);
  private readonly latency = byId("latency", HTMLElement);
  private readonly lens = byId("lens", HTMLElement);
  private readonly asked = readDeepLink(location.search);
  private readonly player: Player;
  private readonly stage: Stage;
  private readonly frames: Frames;
  private readonly meter: Meter;
  private panel: Panel | null = null;
  private readonly compass = new Compass();
  private readonly products: Products;
  private readonly follower: Follower;
  private readonly twin: Twin;
  private readonly badge = new Badge(() => this.twin.toggle());
  private readonly telling: Telling;
  private readonly status: Status;
  private readonly controls: Controls;
  private preferences: Preferences | null = null;
  private readonly doors: Doors;
  private gyro: Gyro | null = null;
  private readonly picture: Picture;
  private readonly playhead: Playhead;
  private readonly sound = new Sound(this.video, () => this.toggleSound());
  private channel: ChannelState | null | undefined;
  private thrifty = false;
  private gaze: Gaze | null = null; // by a headset
  private arrived = false;
  private readonly tellView = paced(TELL_MS, () => events.emit("position-change", viewDeg(this.view)));

  /** @throws Error where the browser has no WebGL 2 */
  constructor(private readonly name: string) {
    const place = encodeURIComponent(name);
    const source = { whep: `/whep/${place}`, hls: `/hls/${place}/index.m3u8`, replay: `/hls/${place}/replay/index.m3u8`, token: tokenOf(location) };
    const listenTo = (messages: RTCDataChannel): void => this.follower.listen(messages);
    this.player = new Player(this.video, source, (link) => this.follow(link), listenTo, () => toast(say.noWayBack));
    this.meter = new Meter(this.player);
    const { t } = this.asked;
    this.playhead = new Playhead(this.video, this.player, this.meter, t === null ? null : 1000 * t, () => this.say());
    this.stage = new Stage(this.canvas, this.video, (view, size) => this.showView(view, size));
    this.player.renditions.longestPx = this.stage.longestPx;
    const host = new Host(this.hands(), events);
    this.products = new Products(name, this.stage.head, embedded ? host : null);
    this.products.catalogue.follow(() => this.showThings());
    const { player, video } = this;
    this.twin = new Twin(this.stage, this.canvas, { video, player, catalogue: this.products.catalogue }, () => this.say());
    delivery.follow(() => this.say());
    this.follower = new Follower(this.stage.head, this.products.catalogue, (product) => this.products.show(product));
    this.frames = new Frames(this.video, (latencyMs) => this.showPicture(latencyMs), () => this.clock());
    this.telling = new Telling(player, this.playhead, this.frames, () => this.channel);
    this.status = new Status(() => this.telling.answer());
    const { head } = this.stage;
    const commands: Commands = {
      ahead: () => head.lookAt({ ...FORWARD, pitch: this.gyro?.level ?? 0 }),
      mute: () => this.toggleSound(),
      pause: () => this.playhead.toggle(),
      fullScreen: () => void toggleFullScreen(this.page),
      planet: () => this.togglePlanet(),
      details: () => void withPart(import("./ui/panel"), (part) => this.toggleDetails(part)),
      settings: () => void withPart(import("./ui/preferences"), openSettings),
      share: () => void withPart(import("./ui/share"), ({ share }) => share(this.address(), document.title)),
      keys: () => void withPart(import("./ui/keyhelp"), ({ showKeys }) => showKeys(lines)),
      follow: () => toggleFollowing(),
      garments: () => this.twin.toggle(),
    };
    const lines = keyLines(head, commands);
    const deeds = { ...commands, gyro: () => void this.gyro?.toggle(), quality: (name: string) => this.picture.choose(name) };
    const openSettings = ({ Preferences }: typeof import("./ui/preferences")): void => {
      this.preferences ??= new Preferences(deeds);
      this.preferences.showQuality(this.player.renditions.choice);
      this.preferences.showGyro(this.gyro?.on ?? false);
      this.showGarments();
      this.preferences.open();
    };
    this.controls = new Controls({
      ...deeds,
      zoom: (factor) => head.zoom(factor),
      captions: () => void withPart(import("./ui/captions"), ({ switchCaptions }) => switchCaptions()),
    });
    byId("bar", HTMLElement).children[1]?.after(this.sound.control);
    this.picture = new Picture(this.player.renditions, (choice) => {
      this.controls.showQuality(choice);
      this.preferences?.showQuality(choice);
    });
    listen(this.canvas, head, { twoFingers: () => toast(say.twoFingers), wheel: () => toast(say.wheel) });
    listenToKeys(this.page, lines);
    followIdle(this.page, head, () => this.playhead.paused || this.frames.presented === 0 || document.querySelector(BUSY) !== null);
    byId("compass", HTMLButtonElement).addEventListener("click", commands.ahead);
    this.doors = new Doors({
      video: this.video,
      player: this.player,
      catalogue: this.products.catalogue,
      layout: () => readLayout(this.channel?.layout),
      rest: (resting) => this.rest(resting),
      look: (gaze) => this.look(gaze),
      words: () => this.telling.said,
      answer: () => this.telling.answer(),
      hasSound: () => this.hasSound,
      muted: () => this.sound.muted,
      toggleSound: () => this.toggleSound(),
      open: (thing) => this.products.select(thing.id),
      add: (product, variant, size) => this.products.add(product, variant, size),
      address: (thing) => watchAddress(name, thing.id, location),
    });
    void import("./insight/insight").then(({ Insight }) => new Insight(name, () => this.visit(), events).start());
    window.vrlive = diagnose({
      stage: this.stage,
      player: this.player,
      latencyMs: () => this.playhead.latencyMs,
      ears: () => this.sound.sphere?.levels ?? null,
      frames: this.frames,
      channel: () => this.channel ?? null,
      words: () => this.telling.words.title,
      headset: () => this.doors.inside,
      twin: this.twin,
    });
  }

  start(): void {
    this.stage.head.set(this.askedView());
    this.page.classList.toggle("embedded", embedded);
    followFullScreen((on) => {
      this.controls.showFullScreen(on);
      events.emit("fullscreen-change", { on });
    });
    void followThrift(({ drawing }) => {
      this.thrifty = drawing;
      this.stage.most = drawing ? THRIFTY_FPS : Infinity;
      this.picture.look();
    });
    void this.bringCaptions();
    comeBack(this.video, "pause", () => this.video.paused && !this.playhead.paused && this.player.active && void this.player.play());
    addEventListener("pagehide", () => this.player.stop());
    addEventListener("pageshow", (event) => event.persisted && this.player.start());
    if (!embedded) this.canvas.focus({ preventScroll: true }); // the page around a frame keeps its own
    if (gyroOffered()) void this.bringGyro();
    addEventListener("online", () => this.player.retryNow());
    addEventListener("offline", () => this.say());
    this.player.start();
    void showPoster(this.name, tokenOf(location));
    void this.followChannel();
    setInterval(() => this.say(), SAY_MS);
    setInterval(() => void this.meter.look(), 2 * SAY_MS);
  }

  /** Ask for the channel's state again and again; a server that is away leaves the last one. */
  private async followChannel(): Promise<void> {
    if (!document.hidden || this.doors.inside) {
      try {
        const found = await channelState(this.name);
        if (found === null && this.channel !== null) events.emit("error", { message: why.noChannel });
        this.channel = found;
        if (this.channel) this.player.offersHttp = this.channel.hls?.state !== "off";
        this.status.offer(this.channel === null ? await listChannels() : []);
      } catch {
        if (this.player.link.kind !== "playing") this.channel = undefined; // the player says that the server does not answer
      }
      if (this.channel !== undefined) this.showTitle(this.channel?.title || this.channel?.name || "vrlive");
      this.playhead.take(this.channel);
      if (this.channel) this.stage.layout = readLayout(this.channel.layout);
      this.products.follow(this.channel);
      this.stage.refresh();
      this.say();
    }
    setTimeout(() => void this.followChannel(), STATE_MS);
  }

  private follow(link: Link): void {
    if (link.kind === "refused") events.emit("error", { message: link.reason });
    this.say();
  }

  private showTitle(title: string): void {
    document.title = title;
    setText(byId("title", HTMLElement), title);
  }

  private showThings(): void {
    const { catalogue } = this.products;
    const lit = catalogue.selected ?? catalogue.pointed;
    this.compass.places(
      catalogue.things.flatMap(({ id, garment }) => (garment ? [{ id, yaw: rad(garment.yawDeg), lit: id === lit }] : [])),
    );
    const { product } = this.asked;
    if (this.arrived || catalogue.show === null) return;
    this.arrived = true; // once: from then on the visitor looks where they like
    if (product === null) return;
    this.products.select(product);
    if (this.asked.yawDeg !== null) this.stage.head.lookAt(this.askedView()); // the link says more than the product
  }

  /** The part of the view that the address asks for. */
  private askedView(): Partial<View> {
    const angles = { yaw: this.asked.yawDeg, pitch: this.asked.pitchDeg, fov: this.asked.fovDeg };
    return Object.fromEntries(Object.entries(angles).flatMap(([name, value]) => (value === null ? [] : [[name, rad(value)]])));
  }

  /** Where others see what is seen here. */
  private address(): string {
    const { yawDeg, pitchDeg, fovDeg } = viewDeg(this.stage.head.view);
    const [{ kind }, { shownMs }] = [this.player.link, this.playhead];
    const t = (kind === "behind" || kind === "replay") && shownMs !== null ? shownMs / 1000 : null;
    return deepLink(location.origin, watchPath(this.name), { t, yawDeg, pitchDeg, fovDeg, product: this.products.catalogue.selected });
  }

  private say(): void {
    const [link, { asks, words }] = [this.player.link.kind, this.telling];
    this.status.show(words, this.frames.presented === 0, asks);
    this.page.classList.toggle("away", asks === "replay" || (link !== "playing" && link !== "blocked" && this.player.stream === null));
    this.sound.show(this.player.stream ? null : this.player.session, this.hasSound);
    this.controls.showPaused(this.playhead.paused);
    this.controls.showSound(this.sound.muted, this.hasSound);
    this.player.renditions.need(this.stage.neededPx, performance.now());
    this.picture.look();
    this.controls.showPlanet(this.stage.head.planet);
    setText(this.latency, badge(this.playhead.latencyMs));
    this.showGarments();
    this.playhead.show();
    this.panel?.show(this.channel, {
      latencyMs: this.playhead.latencyMs,
      decodedFps: this.meter.decodedFps,
      size: `${this.video.videoWidth}x${this.video.videoHeight}`,
      packetsLost: this.meter.packetsLost,
      clockMs: this.player.clock.best?.offsetMs ?? null,
      feed: (this.channel?.feeds.length ?? 0) > 1 ? this.twin.state.feed : null,
    });
  }

  private showGarments(): void {
    const feeds = this.channel?.feeds ?? [];
    const offered = this.twin.offered(feeds);
    this.twin.look({ feeds, thrifty: this.thrifty, resting: this.stage.paused, live: this.player.link.kind === "playing" });
    this.badge.show(offered ? this.twin.state : null);
    this.preferences?.showGarments(offered);
  }

  private showPicture(latencyMs: number | null): void {
    this.meter.picture(latencyMs);
    this.stage.refresh();
    if (this.frames.presented > 1) return;
    performance.mark("first-picture");
    this.page.classList.add("seen");
    this.say();
    events.emit("ready", { channel: this.name });
    setTimeout(() => void import("./insight/consent").then(({ askForConsent }) => askForConsent(this.page)), ASK_MS);
  }

  /** How it is now, for the sums that the server keeps. */
  private visit(): Visit {
    const [{ kind }, { inside }] = [this.player.link, this.doors];
    const how = playing(kind, { paused: this.playhead.paused, seeking: this.video.seeking, dry: this.player.dry, seen: this.frames.presented > 0 });
    return {
      seen: inside?.worn ?? !document.hidden,
      view: inside?.mode === "immersive-ar" ? null : this.view, // who sees their own room
      playing: how === "played",
      stalled: how === "stalled",
      latencyMs: kind === "behind" ? null : this.playhead.latencyMs, // who looks back is late on purpose
      rendition: this.player.renditions.choice?.name ?? "",
    };
  }

  private showView(view: View, size: Size): void {
    this.compass.turn(view, size);
    setText(this.lens, `${Math.round(deg(view.fov))}°`);
    this.products.place(view, size);
    if (!this.gaze) this.turn();
  }

  /** A headset looks there; null: it is taken off. */
  private look(gaze: Gaze | null): void {
    this.gaze = gaze;
    this.turn();
  }

  /** Where the visitor looks, by window or headset. */
  private get view(): View {
    return this.gaze ?? this.stage.head.view;
  }

  /** They look elsewhere. */
  private turn(): void {
    const { yaw, pitch } = this.view;
    this.sound.turn(yaw, pitch, this.gaze?.roll);
    this.tellView();
  }

  private async bringGyro(): Promise<void> {
    const { Gyro } = await import("./input/gyro");
    this.gyro = new Gyro(this.stage.head, (on) => this.showGyro(on), () => toast(say.noGyro));
    this.gyro.resume();
  }

  private async bringCaptions(): Promise<void> {
    const { Captions } = await import("./ui/captions");
    const address = `/api/v1/channels/${encodeURIComponent(this.name)}/captions`;
    const source = { player: this.player, address, revision: () => this.channel?.caption_revision ?? 0 };
    new Captions(this.video, source, (offered, on) => this.controls.showCaptions(offered, on));
  }

  private showGyro(on: boolean): void {
    this.controls.showGyro(on);
    this.preferences?.showGyro(on);
  }

  private get hasSound(): boolean {
    return this.channel?.sound?.inputs.some((each) => each.channels > 0 && !each.mute) ?? false;
  }

  /** Draw nothing while a headset does. */
  private rest(resting: boolean): void {
    this.stage.paused = resting;
    this.stage.refresh();
    this.say();
  }

  private toggleSound(): void {
    this.sound.toggle();
    if (!this.playhead.paused) void this.player.play();
    events.emit("volume-change", { muted: this.sound.muted });
    this.say();
  }

  /** What the page around ours may ask for. */
  private hands(): ConstructorParameters<typeof Host>[0] {
    const angle = (degrees: number | undefined): number => rad(degrees ?? NaN); // what is no number stays as it is
    return {
      play: () => this.telling.answer(),
      pause: () => this.playhead.paused || this.playhead.toggle(),
      mute: () => this.sound.muted || this.toggleSound(),
      unmute: () => this.sound.muted && this.toggleSound(),
      "look-at": ({ yawDeg, pitchDeg, fovDeg }) => this.stage.head.lookAt({ yaw: angle(yawDeg), pitch: angle(pitchDeg), fov: angle(fovDeg) }),
      "set-quality": ({ name }) => this.picture.choose(name),
      "select-product": ({ product }) => this.products.select(product),
    };
  }

  private togglePlanet(): void {
    const { head } = this.stage;
    head.planet = !head.planet;
    this.controls.showPlanet(head.planet);
  }

  private toggleDetails(part: typeof import("./ui/panel")): void {
    this.panel ??= new part.Panel(() => this.toggleDetails(part));
    this.controls.showDetails(this.panel.toggle());
    this.say();
  }

  private clock(): ReturnType<ConstructorParameters<typeof Frames>[2]> {
    return { loop: this.channel?.loop ?? null, offsetMs: this.player.clock.best?.offsetMs ?? null };
  }
}
