/** The details behind the “i” button: cameras, stages, and what arrives here. */

import type { ChannelState } from "../api";
import { byId, make } from "./dom";

/** What this page measures itself. */
export interface Here {
  readonly latencyMs: number | null;
  readonly decodedFps: number | null;
  readonly size: string;
  readonly packetsLost: number | null;
  readonly clockMs: number | null;
}

type Row = readonly [name: string, value: string, tone?: "good" | "wait" | "bad"];

export class Panel {
  private readonly element = byId("panel", HTMLElement);

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): boolean {
    this.element.hidden = !this.element.hidden;
    return this.open;
  }

  show(channel: ChannelState | null | undefined, here: Here): void {
    if (!this.open) return;
    this.element.replaceChildren(...sections(channel, here).flatMap(([title, rows]) => (rows.length > 0 ? [section(title, rows)] : [])));
  }
}

function sections(channel: ChannelState | null | undefined, here: Here): readonly (readonly [string, readonly Row[]])[] {
  return [
    ["Cameras", cameraRows(channel)],
    ["Stages", (channel?.stages ?? []).map((each): Row => [each.name, `${each.median_ms.toFixed(1)} · ${each.p95_ms.toFixed(1)} ms`])],
    ["Channel", channelRows(channel)],
    ["Here", hereRows(here)],
  ];
}

function cameraRows(channel: ChannelState | null | undefined): Row[] {
  const tones = { live: "good", connecting: "wait", stalled: "wait", failed: "bad" } as const;
  return (channel?.cameras ?? []).map((each): Row => {
    const said = each.state === "live" ? `${each.size} · ${each.fps.toFixed(0)} fps` : each.fault || each.state;
    return [each.name, said, tones[each.state]];
  });
}

function channelRows(channel: ChannelState | null | undefined): Row[] {
  if (!channel) return [];
  return [
    ["Picture", `${channel.size} · ${channel.fps} fps`],
    ["Viewers", String(channel.viewers)],
    ["Engine", channel.engine.restarts > 0 ? `${channel.engine.state} · ${channel.engine.restarts} restarts` : channel.engine.state],
  ];
}

function hereRows(here: Here): Row[] {
  const known = (value: number | null, unit: string): string => (value === null ? "unknown" : `${value}${unit}`);
  return [
    ["Glass to glass", known(here.latencyMs, " ms")],
    ["Decoded", here.decodedFps === null ? "nothing yet" : `${here.size} · ${here.decodedFps.toFixed(0)} fps`],
    ["Packets lost", known(here.packetsLost, "")],
    ["Clock offset", known(here.clockMs === null ? null : Math.round(here.clockMs), " ms")],
  ];
}

function section(title: string, rows: readonly Row[]): HTMLElement {
  const list = make("dl");
  for (const [name, value, tone] of rows) {
    const term = make("dt", tone ?? "", name);
    list.append(term, make("dd", "", value));
  }
  const whole = make("section");
  whole.append(make("h2", "", title), list);
  return whole;
}
