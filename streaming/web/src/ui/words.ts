/** The state of the stream in words: the one place where connection and channel are put into sentences. Pure. */

import type { ChannelState } from "../api";
import { phrases } from "../language";
import { type ByHttp, type Link, isByHttp } from "../link/kinds";
import { clockOf } from "../replay/reach";

export interface Words {
  /** live: all is well; wait: it will be; fault: somebody has to do something. */
  readonly tone: "live" | "wait" | "fault";
  readonly title: string;
  readonly detail: string;
  /** What a screen reader says instead of a title that counts down. */
  readonly spoken?: string;
}

/** What is known besides connection and channel. */
export interface Circumstances {
  /** The server's clock: Unix time in seconds. */
  readonly serverS?: number;
  readonly online?: boolean;
  /** The server said that the show has ended. */
  readonly ended?: boolean;
  /** Seconds between what is shown and now, where HTTP plays; null: not known yet. */
  readonly behindS?: number | null;
  /** What plays by HTTP has run out of pictures. */
  readonly dry?: boolean;
}

const DAY_S = 86_400;

const say = phrases(
  {
    ended: "The show has ended",
    endedWhy: "Thank you for being here.",
    replay: "Replay",
    replayWhy: "The show has ended; this is its recording.",
    noNetwork: "You are offline",
    noNetworkWhy: "The show comes back by itself when your network does.",
    soon: "Starting soon",
    starts: (time: string) => `Starts in ${time}`,
    startsWhy: "It begins here by itself.",
    days: (count: number) => (count === 1 ? "1 day" : `${count} days`),
    behind: (time: string) => `${time} behind live`,
    behindSpoken: "Behind live",
    loading: "Loading",
    loadingWhy: "It goes on by itself.",
    bridged: (seconds: number) => `About ${seconds} s behind`,
    bridgedWhy: (seconds: number) => `Your network blocks live video; playing about ${seconds} s behind.`,
    bridgedSoon: "Your network blocks live video; playing a few seconds behind.",
    refused: "It cannot play here",
    unknown: "No such channel",
    unknownWhy: "It may have ended, or has another name.",
    ready: "Ready",
    readyWhy: "Press play to step in.",
    stopped: "Stopped",
    stalled: "Picture stalled",
    stalledWhy: "Waiting for it to go on.",
    offline: "Off air",
    offlineWhy: "It begins here by itself.",
    reconnecting: "Reconnecting",
    reconnectingIn: (seconds: number) => `Reconnecting in ${seconds} s`,
    slate: "One moment",
    slateWhy: "The picture comes back by itself.",
    connecting: "Connecting",
    live: "Live",
    paused: "Paused",
    lost: (cameras: string) => `${cameras} lost`,
    lostAll: "The show goes on when one is back.",
    lostSome: "The show goes on without.",
    camera: (name: string) => `Camera ${name}`,
    cameras: (names: readonly string[]) => `Cameras ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`,
    many: (count: number) => `${count} cameras`,
  },
  {
    ended: "直播已结束",
    endedWhy: "感谢您的观看。",
    replay: "回放",
    replayWhy: "直播已结束，正在播放录像。",
    noNetwork: "网络已断开",
    noNetworkWhy: "网络恢复后会自动继续播放。",
    soon: "即将开始",
    starts: (time) => `${time} 后开始`,
    startsWhy: "开播后会自动在此播放。",
    days: (count) => `${count} 天`,
    behind: (time) => `落后直播 ${time}`,
    behindSpoken: "正在观看较早的画面",
    loading: "正在载入",
    loadingWhy: "载入后会自动继续播放。",
    bridged: (seconds) => `约落后 ${seconds} 秒`,
    bridgedWhy: (seconds) => `您的网络拦截了实时视频，正以约 ${seconds} 秒的延迟播放。`,
    bridgedSoon: "您的网络拦截了实时视频，正以几秒的延迟播放。",
    refused: "此处无法播放",
    unknown: "没有这个频道",
    unknownWhy: "直播可能已结束，或频道已改名。",
    ready: "准备就绪",
    readyWhy: "点按播放，走进现场。",
    stopped: "已停止",
    stalled: "画面卡住了",
    stalledWhy: "正在等待画面恢复。",
    offline: "尚未开播",
    offlineWhy: "开播后会自动在此播放。",
    reconnecting: "正在重新连接",
    reconnectingIn: (seconds) => `${seconds} 秒后重新连接`,
    slate: "请稍候",
    slateWhy: "画面会自动恢复。",
    connecting: "正在连接",
    live: "直播中",
    paused: "已暂停",
    lost: (cameras) => `${cameras}信号中断`,
    lostAll: "信号恢复后直播会继续。",
    lostSome: "直播照常进行。",
    camera: (name) => `机位 ${name} `,
    cameras: (names) => `机位 ${names.join("、")} `,
    many: (count) => `${count} 个机位`,
  },
);

/** @param channel undefined while it is not known yet, null when there is none of that name */
export function words(link: Link, channel: ChannelState | null | undefined, nowMs: number, around: Circumstances = {}): Words {
  if (isByHttp(link.kind) && !(around.dry && around.online === false)) return playedByHttp(link.kind, around);
  if (link.kind !== "playing" && around.online === false) return { tone: "wait", title: say.noNetwork, detail: say.noNetworkWhy };
  if (isOver(channel, around)) return { tone: "wait", title: say.ended, detail: say.endedWhy };
  if (link.kind === "refused") return { tone: "fault", title: say.refused, detail: link.reason };
  if (channel === null) return { tone: "fault", title: say.unknown, detail: say.unknownWhy };
  if (link.kind === "blocked") return { tone: "wait", title: say.ready, detail: say.readyWhy };
  if (link.kind === "stopped") return { tone: "wait", title: say.stopped, detail: "" };
  const before = untilItStarts(channel, around);
  if (before) return before;
  if (link.kind === "waiting") return waiting(link, channel, nowMs, around);
  const lost = lostCameras(channel);
  if (lost.length > 0 && lost.length === channel?.cameras.length) return loss(lost, say.lostAll);
  if (link.kind === "stalled") return { tone: "wait", title: say.stalled, detail: say.stalledWhy };
  return onAir(channel, lost, link.kind === "playing", around);
}

/** For a picture that the visitor holds still. */
export function pausedWords(): Words {
  return { tone: "wait", title: say.paused, detail: "" };
}

function playedByHttp(kind: ByHttp, { behindS = null, dry = false }: Circumstances): Words {
  if (kind === "bridged" && behindS === null) return { tone: "wait", title: say.connecting, detail: say.bridgedSoon };
  if (dry || (kind === "behind" && behindS === null)) return { tone: "wait", title: say.loading, detail: say.loadingWhy };
  if (kind === "replay") return { tone: "wait", title: say.replay, detail: say.replayWhy };
  if (kind === "behind") return { tone: "wait", title: say.behind(clockOf(behindS ?? 0)), detail: "", spoken: say.behindSpoken };
  return bridged(behindS ?? 0);
}

function bridged(behindS: number): Words {
  const seconds = Math.max(1, Math.round(behindS));
  return { tone: "wait", title: say.bridged(seconds), detail: say.bridgedWhy(seconds), spoken: say.bridgedSoon };
}

/** Before the announced beginning: how long it still takes. */
function untilItStarts(channel: ChannelState | undefined, { serverS }: Circumstances): Words | null {
  const left = (channel?.starts_unix_s ?? 0) - (serverS ?? Infinity);
  if (left <= 0) return null;
  const time = left >= 2 * DAY_S ? say.days(Math.round(left / DAY_S)) : clockOf(left);
  return { tone: "wait", title: say.starts(time), detail: say.startsWhy, spoken: say.soon };
}

/** The server said that it has ended, or there is no picture after its announced end: shows run over. */
export function isOver(channel: ChannelState | null | undefined, { serverS, ended }: Circumstances): boolean {
  if (ended) return true;
  return !onScreen(channel) && (serverS ?? 0) > (channel?.ends_unix_s ?? Infinity);
}

/** Whether its cameras give a picture. */
export function onScreen(channel: ChannelState | null | undefined): boolean {
  if (channel?.state !== "live" && channel?.state !== "degraded") return false;
  return channel.cameras.length === 0 || lostCameras(channel).length < channel.cameras.length;
}

function waiting(link: Link & { kind: "waiting" }, channel: ChannelState | undefined, nowMs: number, around: Circumstances): Words {
  if (channel?.state === "offline") return offAir(channel, around);
  const seconds = Math.max(0, Math.ceil((link.untilMs - nowMs) / 1000));
  const title = seconds > 0 ? say.reconnectingIn(seconds) : say.reconnecting;
  return { tone: "wait", title, detail: link.reason, spoken: say.reconnecting };
}

function onAir(channel: ChannelState | undefined, lost: readonly string[], playing: boolean, around: Circumstances): Words {
  if (channel?.state === "slate") return { tone: "wait", title: say.slate, detail: say.slateWhy };
  if (!playing || channel?.state === "connecting") return { tone: "wait", title: say.connecting, detail: "" };
  if (channel?.state === "offline") return offAir(channel, around);
  if (lost.length > 0) return loss(lost, say.lostSome);
  return { tone: "live", title: say.live, detail: "" };
}

/** No picture; after the announced beginning it is merely late. */
function offAir(channel: ChannelState, { serverS }: Circumstances): Words {
  const late = (channel.starts_unix_s ?? Infinity) <= (serverS ?? 0);
  return { tone: "wait", title: late ? say.soon : say.offline, detail: say.offlineWhy };
}

function loss(names: readonly string[], detail: string): Words {
  return { tone: "wait", title: say.lost(list(names)), detail };
}

/** Cameras whose picture is missing, by name; not those that are only being opened. */
export function lostCameras(channel: ChannelState | undefined): string[] {
  return (channel?.cameras ?? []).filter(({ state }) => state === "stalled" || state === "failed").map(({ name }) => name);
}

/** “Camera left”, “Cameras left and right”, “4 cameras”. */
export function list(names: readonly string[]): string {
  if (names.length > 3) return say.many(names.length);
  return names.length > 1 ? say.cameras(names) : say.camera(names[0] ?? "");
}
