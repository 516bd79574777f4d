/** The state of the stream in words: the one place where connection and channel are put into sentences. Pure. */

import type { ChannelState } from "../api";
import { phrases } from "../language";
import type { Link } from "../link/player";

export interface Words {
  /** live: all is well; wait: it will be; fault: somebody has to do something. */
  readonly tone: "live" | "wait" | "fault";
  readonly title: string;
  readonly detail: string;
  /** What a screen reader says instead of a title that counts down. */
  readonly spoken?: string;
}

const say = phrases(
  {
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
export function words(link: Link, channel: ChannelState | null | undefined, nowMs: number): Words {
  if (link.kind === "refused") return { tone: "fault", title: say.refused, detail: link.reason };
  if (channel === null) return { tone: "fault", title: say.unknown, detail: say.unknownWhy };
  if (link.kind === "blocked") return { tone: "wait", title: say.ready, detail: say.readyWhy };
  if (link.kind === "stopped") return { tone: "wait", title: say.stopped, detail: "" };
  if (link.kind === "waiting") return waiting(link, channel, nowMs);
  const lost = lostCameras(channel);
  if (lost.length > 0 && lost.length === channel?.cameras.length) return loss(lost, say.lostAll);
  if (link.kind === "stalled") return { tone: "wait", title: say.stalled, detail: say.stalledWhy };
  return onAir(channel, lost, link.kind === "playing");
}

/** For a picture that the visitor holds still. */
export function pausedWords(): Words {
  return { tone: "wait", title: say.paused, detail: "" };
}

function waiting(link: Link & { kind: "waiting" }, channel: ChannelState | undefined, nowMs: number): Words {
  if (channel?.state === "offline") return { tone: "wait", title: say.offline, detail: say.offlineWhy };
  const seconds = Math.max(0, Math.ceil((link.untilMs - nowMs) / 1000));
  const title = seconds > 0 ? say.reconnectingIn(seconds) : say.reconnecting;
  return { tone: "wait", title, detail: link.reason, spoken: say.reconnecting };
}

function onAir(channel: ChannelState | undefined, lost: readonly string[], playing: boolean): Words {
  if (channel?.state === "slate") return { tone: "wait", title: say.slate, detail: say.slateWhy };
  if (!playing || channel?.state === "connecting") return { tone: "wait", title: say.connecting, detail: "" };
  if (channel?.state === "offline") return { tone: "wait", title: say.offline, detail: say.offlineWhy };
  if (lost.length > 0) return loss(lost, say.lostSome);
  return { tone: "live", title: say.live, detail: "" };
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
