/** A channel over HTTP (HLS) in a video element: what was a while ago, what gets through where WebRTC does not, and shows that are over. */

import type Hls from "hls.js";
import type { Level } from "hls.js";
import { AUTO, type Offer, sizeOf } from "../link/renditions";
import { type Piece, type Reach, positionOf, reachOf, readPieces } from "./reach";
import { Turns } from "./turns";

const MPEGURL = "application/vnd.apple.mpegurl";
const FIRST_BYTE_MS = 15_000; // the first who asks waits until two segments are cut
const LAST_S = 0.5; // of a show that is over: who goes to its end sees that much, for nothing is loaded at the very end
const AHEAD_S = 15; // of the show that is loaded, whatever it weighs: a size that is chosen must not wait for minutes of another to be over
const ENOUGH_S = 2; // to be shown while the first of another size is on its way
const MARGIN_MS = 1500; // from the oldest that is kept: it is gone in a moment

export interface Wanted {
  readonly url: string;
  readonly token: string | null;
  /** What to begin with: an instant in Unix ms, the newest, or the beginning. */
  readonly from: number | "newest" | "beginning";
}

/** Whether this browser plays HLS at all. */
export function playsHls(video: HTMLVideoElement): boolean {
  return "MediaSource" in window || "ManagedMediaSource" in window || video.canPlayType(MPEGURL) !== "";
}

/** The newest segments, which are the same of all renditions; the server cuts them for as long as somebody asks. */
export async function askForWindow(url: string, token: string | null): Promise<Piece[]> {
  try {
    const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
    const index = await (await fetch(url, { headers })).text();
    const first = index.split("\n").find((line) => line !== "" && !line.startsWith("#"));
    return first ? readPieces(await (await fetch(new URL(first, new URL(url, location.href)), { headers })).text()) : [];
  } catch {
    return []; // the player says what is wrong with the network
  }
}

/** Where in the player's time to begin, which begins with the playlist: -1 is the newest. */
async function startOf(wanted: Wanted): Promise<number> {
  if (typeof wanted.from === "string") return wanted.from === "newest" ? -1 : 0;
  const pieces = await askForWindow(wanted.url, wanted.token);
  return positionOf(pieces, withMargin(wanted.from, reachOf(pieces))) ?? -1;
}

export interface Stream extends Offer {
  /** When the picture that is shown was captured: Unix time in ms, or null while unknown. */
  readonly dateMs: number | null;
  readonly reach: Reach | null;
  /** Whether the show is over: nothing is added. */
  readonly over: boolean;
  /** Go to an instant, or to the nearest that can be played. */
  seek(unixMs: number): void;
  close(): void;
}

/**
 * Plays in a video element, from the moment it is called.
 *
 * @param onFault told once, when it cannot go on by itself
 * @param onOffer told before it begins, when it is known which renditions there are
 */
export type Begin = (video: HTMLVideoElement, onFault: (why: string) => void, onOffer: (offer: Offer) => void) => Stream;

/**
 * Fetch what is needed to play; the video element is left alone until then.
 *
 * @throws Error where the player itself does not come: there is no network, or the server has a newer page by now
 */
export async function prepareStream(wanted: Wanted): Promise<Begin> {
  if ("MediaSource" in window || "ManagedMediaSource" in window) {
    const { default: Player } = await import("hls.js/light");
    if (Player.isSupported()) {
      const startS = await startOf(wanted);
      return (video, onFault, onOffer) => new ScriptStream(Player, video, wanted, startS, onFault, onOffer);
    }
  }
  return (video, onFault, onOffer) => new NativeStream(video, wanted, onFault, onOffer);
}

class ScriptStream implements Stream {
  private readonly hls: Hls;
  private readonly levels = new Turns<number>((level) => this.change(level));
  private begun = false;

  constructor(
    Player: typeof Hls,
    private readonly video: HTMLVideoElement,
    wanted: Wanted,
    startS: number,
    onFault: (why: string) => void,
    onOffer: (offer: Offer) => void,
  ) {
    const retry = { maxNumRetry: 6, retryDelayMs: 500, maxRetryDelayMs: 4000 };
    const patient = { default: { maxTimeToFirstByteMs: FIRST_BYTE_MS, maxLoadTimeMs: 2 * FIRST_BYTE_MS, timeoutRetry: retry, errorRetry: retry } };
    const hls = new Player({
      autoStartLoad: false,
      enableWorker: false, // fragmented MP4 goes to the browser as it is; and the page's policy forbids workers from blobs
      backBufferLength: 20,
      maxBufferLength: AHEAD_S,
      maxBufferSize: 0,
      liveDurationInfinity: true,
      manifestLoadPolicy: patient,
      playlistLoadPolicy: patient,
      ...(wanted.token === null ? {} : { xhrSetup: (xhr: XMLHttpRequest) => xhr.setRequestHeader("Authorization", `Bearer ${wanted.token}`) }),
    });
    this.hls = hls;
    let mended = 0;
    hls.on(Player.Events.MANIFEST_PARSED, () => {
      onOffer(this);
      hls.startLoad(startS);
      this.begun = true;
    });
    hls.on(Player.Events.FRAG_BUFFERED, (_, { frag }) => {
      const ahead = hls.mainForwardBufferInfo; // up to the first hole
      if (frag.level === hls.loadLevel && ahead && frag.start < ahead.end && ahead.len > ENOUGH_S) this.levels.next();
    });
    hls.on(Player.Events.ERROR, (_, fault) => {
      if (!fault.fatal) return;
      if (fault.type === Player.ErrorTypes.MEDIA_ERROR && (mended += 1) < 3) return hls.recoverMediaError();
      onFault(fault.details);
    });
    hls.loadSource(wanted.url);
    hls.attachMedia(video);
  }

  get dateMs(): number | null {
    return this.hls.playingDate?.getTime() ?? null;
  }

  get offered(): string[] {
    return this.hls.levels.filter((each) => each.width > 0).map(nameOf).reverse(); // recordings do not say, and are one
  }

  get size(): string | null {
    const level = this.hls.levels[this.hls.currentLevel] ?? this.hls.levels[this.hls.loadLevel];
    return level?.width ? nameOf(level) : null;
  }

  choose(name: string, most: string | null, first: string | null): void {
    const { hls } = this;
    const names = hls.levels.map(nameOf);
    const [width, height] = most === null ? [Infinity, Infinity] : sizeOf(most);
    const capped = hls.levels.findLastIndex((each) => each.width <= width && each.height <= height);
    hls.autoLevelCapping = most === null ? -1 : Math.max(capped, 0);
    const level = names.indexOf(name);
    if (name !== AUTO && level < 0) return;
    this.levels.ask(level);
    if (!this.begun && names.length > 0) hls.startLevel = name === AUTO ? Math.min(names.indexOf(first ?? ""), hls.maxAutoLevel) : level;
  }

  private change(level: number): void {
    const { hls } = this;
    if (this.begun && level >= 0) hls.nextLevel = level; // seen in a second or two, however much of another is here already
    else hls.loadLevel = level;
  }

  get reach(): Reach | null {
    return reachOf(this.pieces);
  }

  get over(): boolean {
    return this.details?.live === false;
  }

  seek(unixMs: number): void {
    const position = positionOf(this.pieces, this.over ? unixMs : withMargin(unixMs, this.reach));
    if (position === null) return;
    this.video.currentTime = Math.min(position, this.over ? this.video.duration - LAST_S : (this.hls.liveSyncPosition ?? Infinity));
  }

  close(): void {
    this.levels.close();
    this.hls.destroy();
    this.video.removeAttribute("src");
  }

  private get details() {
    return this.hls.latestLevelDetails;
  }

  private get pieces(): Piece[] {
    return piecesOf(this.details?.fragments ?? []);
  }
}

/** Where there is no Media Source: phones of one maker play HLS by themselves, choose the rendition, and say the date of their zero. */
class NativeStream implements Stream {
  readonly offered: readonly string[] = [];
  readonly size = null;
  private readonly onError: () => void;

  constructor(
    private readonly video: HTMLVideoElement & { getStartDate?: () => Date },
    wanted: Wanted,
    onFault: (why: string) => void,
    onOffer: (offer: Offer) => void,
  ) {
    onOffer(this);
    const url = new URL(wanted.url, location.href);
    if (wanted.token !== null) url.searchParams.set("access_token", wanted.token); // no headers there
    this.onError = () => onFault(video.error?.message ?? "it cannot be played");
    video.addEventListener("error", this.onError);
    const { from } = wanted;
    if (typeof from === "number") {
      video.addEventListener("loadedmetadata", () => this.seek(from), { once: true });
    }
    video.src = url.href;
  }

  choose(): void {}

  get dateMs(): number | null {
    return this.zeroMs === null ? null : this.zeroMs + 1000 * this.video.currentTime;
  }

  get reach(): Reach | null {
    const { seekable } = this.video;
    if (this.zeroMs === null || seekable.length === 0) return null;
    return { startMs: this.zeroMs + 1000 * seekable.start(0), endMs: this.zeroMs + 1000 * seekable.end(seekable.length - 1) };
  }

  get over(): boolean {
    return Number.isFinite(this.video.duration);
  }

  seek(unixMs: number): void {
    if (this.zeroMs !== null) this.video.currentTime = ((this.over ? unixMs : withMargin(unixMs, this.reach)) - this.zeroMs) / 1000;
  }

  close(): void {
    this.video.removeEventListener("error", this.onError);
    this.video.removeAttribute("src");
    this.video.load();
  }

  private get zeroMs(): number | null {
    const ms = this.video.getStartDate?.().getTime();
    return ms === undefined || Number.isNaN(ms) ? null : ms;
  }
}

function nameOf({ width, height }: Level): string {
  return `${width}x${height}`;
}

interface Fragment {
  readonly start: number;
  readonly duration: number;
  readonly programDateTime: number | null;
}

function piecesOf(fragments: readonly Fragment[]): Piece[] {
  return fragments.map(({ start, duration, programDateTime }) => ({ startS: start, durationS: duration, dateMs: programDateTime }));
}

function withMargin(unixMs: number, reach: Reach | null): number {
  return reach ? Math.max(unixMs, Math.min(reach.startMs + MARGIN_MS, reach.endMs)) : unixMs;
}
