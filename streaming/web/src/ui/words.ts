/** The state of the stream in words: the one place where connection and channel are put into sentences. Pure. */

import type { ChannelState } from "../api";
import type { Link } from "../link/player";

export interface Words {
  /** live: all is well; wait: it will be; fault: somebody has to do something. */
  readonly tone: "live" | "wait" | "fault";
  readonly title: string;
  readonly detail: string;
}

/** @param channel undefined while it is not known yet, null when there is none of that name */
export function words(link: Link, channel: ChannelState | null | undefined, nowMs: number): Words {
  if (link.kind === "refused") return { tone: "fault", title: "It cannot play here", detail: link.reason };
  if (channel === null) return { tone: "fault", title: "No such channel", detail: "It may have ended, or has another name." };
  if (link.kind === "blocked") return { tone: "wait", title: "Ready", detail: "Press play to step in." };
  if (link.kind === "stopped") return { tone: "wait", title: "Stopped", detail: "" };
  if (link.kind === "waiting") return waiting(link, channel, nowMs);
  const lost = lostCameras(channel);
  if (lost.length > 0 && lost.length === channel?.cameras.length) return loss(lost, "The show goes on when one is back.");
  if (link.kind === "stalled") return { tone: "wait", title: "Picture stalled", detail: "Waiting for it to go on." };
  return onAir(channel, lost, link.kind === "playing");
}

function waiting(link: Link & { kind: "waiting" }, channel: ChannelState | undefined, nowMs: number): Words {
  if (channel?.state === "offline") return { tone: "wait", title: "Off air", detail: "It begins here by itself." };
  const seconds = Math.max(0, Math.ceil((link.untilMs - nowMs) / 1000));
  const title = seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting";
  return { tone: "wait", title, detail: link.reason };
}

function onAir(channel: ChannelState | undefined, lost: readonly string[], playing: boolean): Words {
  if (channel?.state === "slate") return { tone: "wait", title: "One moment", detail: "The picture comes back by itself." };
  if (!playing || channel?.state === "connecting") return { tone: "wait", title: "Connecting", detail: "" };
  if (channel?.state === "offline") return { tone: "wait", title: "Off air", detail: "It begins here by itself." };
  if (lost.length > 0) return loss(lost, "The show goes on without.");
  return { tone: "live", title: "Live", detail: "" };
}

function loss(names: readonly string[], detail: string): Words {
  return { tone: "wait", title: `${list(names)} lost`, detail };
}

/** Cameras whose picture is missing, by name; not those that are only being opened. */
export function lostCameras(channel: ChannelState | undefined): string[] {
  return (channel?.cameras ?? []).filter(({ state }) => state === "stalled" || state === "failed").map(({ name }) => name);
}

/** “Camera left”, “Cameras left and right”, “4 cameras”. */
export function list(names: readonly string[]): string {
  if (names.length > 3) return `${names.length} cameras`;
  const shown = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  return `Camera${names.length > 1 ? "s" : ""} ${shown}`;
}
