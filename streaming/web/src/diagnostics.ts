/**
 * `window.vrlive`: what tests and curious people may ask the page, and tell it.
 *
 * It is no API for shops (that comes with the embed); names here may change with a version.
 */

import type { ChannelState } from "./api";
import type { Feed } from "./link/feeds";
import type { OverlayState } from "./garments/overlay";
import type { Twin } from "./garments/twin";
import type { Headset } from "./headset/headset";
import type { Frames } from "./link/frames";
import type { Link } from "./link/kinds";
import type { Player } from "./link/player";
import type { Choice } from "./link/renditions";
import type { Stage } from "./sky/stage";
import { type View, deg, focalPx, rad } from "./sky/view";

/** Degrees, as on screen; fovDeg is across the longer side of the window. */
export interface ViewDeg {
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly fovDeg: number;
}

export interface Stats {
  /** Of the whole life of this session; 0 while nothing has come. */
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly keyFramesDecoded: number;
  readonly bytesReceived: number;
  readonly codec: string;
  readonly jitterBufferMs: number;
}

/** A picture that the video element presented while its barcode was followed. */
export interface SeenFrame {
  /** Unix time in ms on the page's clock when it was presented. */
  readonly presentedMs: number;
  /** The compositor's count: a gap is a picture that decoding made and this page did not see. */
  readonly presented: number;
  /** Frame of the demo's loop, or null where the code could not be read. */
  readonly number: number | null;
  /** Glass to glass by the barcode: presentedMs on the server's clock, less the instant when the frame was due. */
  readonly latencyMs: number | null;
}

export interface Diagnostics {
  /** Read for the present view; set (any part of it) to look somewhere at once. */
  view: ViewDeg;
  /** Distance of the picture plane in CSS px: a drag by d px from the middle turns by atan(d / focalPx). */
  readonly focalPx: number;
  readonly link: Link["kind"];
  readonly channel: ChannelState | null;
  readonly words: string;
  /** Which size is sent, and whose choice that was; null before the server has said so. */
  readonly rendition: Choice | null;
  /** What the badge shows, by the frames' own capture time. */
  readonly latencyMs: number | null;
  readonly clock: { readonly offsetMs: number; readonly roundTripMs: number } | null;
  /** How loud each ear has just been (RMS), before the volume; null unless the sphere of sound comes. */
  readonly ears: { readonly left: number; readonly right: number } | null;
  /** Pictures presented by the video element, and pictures drawn of the sky, since the page was opened. */
  readonly frames: { readonly presented: number; readonly drawn: number };
  stats(): Promise<Stats>;
  /** Stop drawing the sky while decoding goes on: software WebGL cannot draw every picture. */
  pauseSky(paused: boolean): void;
  /** Frame number in the present picture, or null. */
  readBarcode(): number | null;
  /** Read the barcode of every presented picture from now on. */
  followBarcode(): void;
  /** What was read since, oldest first; following ends. */
  seenFrames(): readonly SeenFrame[];
  /** What the picture shows that is seen, and the garments that are drawn over it; null: none are. */
  readonly garments: { readonly feed: Feed; readonly models: OverlayState | null };
  /** Who is inside by a headset; null: nobody. */
  readonly headset: Pick<Headset, "state" | "placeOf"> | null;
}

declare global {
  interface Window {
    vrlive: Diagnostics;
  }
}

/** The parts of the page that are asked. */
export interface Parts {
  readonly stage: Stage;
  readonly player: Player;
  readonly latencyMs: () => number | null;
  readonly ears: () => Diagnostics["ears"];
  readonly frames: Frames;
  readonly channel: () => ChannelState | null;
  readonly words: () => string;
  readonly headset: () => Headset | null;
  readonly twin: Twin;
}

export function diagnose({ stage, player, latencyMs, ears, frames, channel, words, headset, twin }: Parts): Diagnostics {
  return {
    get view() {
      return viewDeg(stage.head.view);
    },
    set view(wanted) {
      const { yawDeg, pitchDeg, fovDeg } = { ...viewDeg(stage.head.view), ...wanted };
      stage.head.set({ yaw: rad(yawDeg), pitch: rad(pitchDeg), fov: rad(fovDeg) });
    },
    get focalPx() {
      const { view, size } = stage.head;
      return focalPx(view.fov, size, view.bend);
    },
    get link() {
      return player.link.kind;
    },
    get channel() {
      return channel();
    },
    get words() {
      return words();
    },
    get garments() {
      return { feed: twin.state.feed, models: twin.models };
    },
    get headset() {
      return headset();
    },
    get rendition() {
      return player.renditions.choice;
    },
    get latencyMs() {
      return latencyMs();
    },
    get ears() {
      return ears();
    },
    get clock() {
      return player.clock.best;
    },
    get frames() {
      return { presented: frames.presented, drawn: stage.drawn };
    },
    stats: () => videoStats(player.session?.connection),
    pauseSky: (paused) => {
      stage.paused = paused;
    },
    readBarcode: () => frames.read(),
    followBarcode: () => frames.follow(),
    seenFrames: () => frames.taken(),
  };
}

export function viewDeg({ yaw, pitch, fov }: View): ViewDeg {
  return { yawDeg: deg(yaw), pitchDeg: deg(pitch), fovDeg: deg(fov) };
}

const NONE: Stats = { framesDecoded: 0, framesDropped: 0, packetsLost: 0, keyFramesDecoded: 0, bytesReceived: 0, codec: "", jitterBufferMs: 0 };

/** The video part of a connection's statistics. */
export async function videoStats(connection: RTCPeerConnection | undefined): Promise<Stats> {
  const report = await connection?.getStats();
  const inbound = find(report, (each) => each["type"] === "inbound-rtp" && each["kind"] === "video");
  if (!inbound) return NONE;
  const codec = find(report, (each) => each["id"] === inbound["codecId"]);
  const number = (name: string): number => (typeof inbound[name] === "number" ? inbound[name] : 0);
  return {
    framesDecoded: number("framesDecoded"),
    framesDropped: number("framesDropped"),
    packetsLost: number("packetsLost"),
    keyFramesDecoded: number("keyFramesDecoded"),
    bytesReceived: number("bytesReceived"),
    codec: codec ? `${String(codec["mimeType"])} ${String(codec["sdpFmtpLine"] ?? "")}`.trim() : "",
    jitterBufferMs: (1000 * number("jitterBufferDelay")) / Math.max(1, number("jitterBufferEmittedCount")),
  };
}

/** When the picture being shown was captured: NTP ms on the server's clock, or null where the browser does not know. */
export async function playoutNtpMs(connection: RTCPeerConnection | undefined): Promise<number | null> {
  const report = await connection?.getStats();
  const inbound = find(report, (each) => each["type"] === "inbound-rtp" && each["kind"] === "video");
  const value = inbound?.["estimatedPlayoutTimestamp"];
  return typeof value === "number" && value > 0 ? value : null;
}

function find(report: RTCStatsReport | undefined, fits: (each: Record<string, unknown>) => boolean): Record<string, unknown> | undefined {
  let found: Record<string, unknown> | undefined;
  report?.forEach((each: Record<string, unknown>) => {
    if (!found && fits(each)) found = each;
  });
  return found;
}
