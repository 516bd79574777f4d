/** The details behind the “i” button: cameras, stages, and what arrives here. */

import type { ChannelState } from "../api";
import { phrases } from "../language";
import type { Feed } from "../link/feeds";
import { told } from "../link/why";
import { closer } from "./closer";
import { byId, make } from "./dom";

/** What this page measures itself. */
export interface Here {
  readonly latencyMs: number | null;
  readonly decodedFps: number | null;
  readonly size: string;
  readonly packetsLost: number | null;
  readonly clockMs: number | null;
  /** Null where the channel has no garments, or the server has not said so yet. */
  readonly feed: Feed | null;
}

const say = phrases(
  {
    title: "Details",
    cameras: "Cameras",
    stages: "Stages",
    channel: "Channel",
    here: "Here",
    picture: "Picture",
    viewers: "Viewers",
    engine: "Engine",
    restarts: (state: string, count: number) => `${state} · ${count} restarts`,
    latency: "Glass to glass",
    decoded: "Decoded",
    packetsLost: "Packets lost",
    clock: "Clock offset",
    garments: "Garments",
    burned: "in the picture",
    clean: "as models",
    unknown: "unknown",
    nothing: "nothing yet",
    live: "live",
    connecting: "connecting",
    stalled: "stalled",
    failed: "failed",
    starting: "starting",
    running: "running",
    restarting: "restarting",
    stopped: "stopped",
  },
  {
    title: "详情",
    cameras: "机位",
    stages: "处理环节",
    channel: "频道",
    here: "本机",
    picture: "画面",
    viewers: "观众",
    engine: "引擎",
    restarts: (state, count) => `${state} · 重启 ${count} 次`,
    latency: "端到端延迟",
    decoded: "解码",
    packetsLost: "丢包",
    clock: "时钟偏差",
    garments: "服装",
    burned: "在画面中",
    clean: "三维模型",
    unknown: "未知",
    nothing: "尚无画面",
    live: "正常",
    connecting: "正在连接",
    stalled: "卡顿",
    failed: "故障",
    starting: "正在启动",
    running: "运行中",
    restarting: "正在重启",
    stopped: "已停止",
  },
);

/** Stages by the server's names for them; one that is new here keeps its name. */
const STAGES: Readonly<Record<string, string>> = phrases(
  { sync: "sync", stitch: "stitch", composite: "composite", encode: "encode", "glass to encoded": "glass to encoded", sound: "sound" },
  { sync: "同步", stitch: "拼接", composite: "合成", encode: "编码", "glass to encoded": "镜头到编码", sound: "声音" },
);

type Row = readonly [name: string, value: string, tone?: "good" | "wait" | "bad"];

export class Panel {
  private readonly element = byId("panel", HTMLElement);
  private readonly body = make("div");

  private opener: Element | null = null;

  constructor(onClose: () => void) {
    const top = make("div", "top", say.title);
    top.append(closer(onClose));
    this.element.append(top, this.body);
    byId("stage", HTMLElement).addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.open) return;
      event.preventDefault();
      onClose();
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): boolean {
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = !this.element.hidden;
    if (this.open) this.opener = document.activeElement;
    else if (inside && this.opener instanceof HTMLElement) this.opener.focus({ preventScroll: true });
    return this.open;
  }

  show(channel: ChannelState | null | undefined, here: Here): void {
    if (!this.open) return;
    this.body.replaceChildren(...sections(channel, here).flatMap(([title, rows]) => (rows.length > 0 ? [section(title, rows)] : [])));
  }
}

/** Titles and rows. Pure. */
export function sections(channel: ChannelState | null | undefined, here: Here): readonly (readonly [string, readonly Row[]])[] {
  return [
    [say.cameras, cameraRows(channel)],
    [say.stages, (channel?.stages ?? []).map((each): Row => [STAGES[each.name] ?? each.name, `${each.median_ms.toFixed(1)} · ${each.p95_ms.toFixed(1)} ms`])],
    [say.channel, channelRows(channel)],
    [say.here, hereRows(here)],
  ];
}

function cameraRows(channel: ChannelState | null | undefined): Row[] {
  const tones = { live: "good", connecting: "wait", stalled: "wait", failed: "bad" } as const;
  return (channel?.cameras ?? []).map((each): Row => {
    const said = each.state === "live" ? `${each.size} · ${each.fps.toFixed(0)} fps` : told(each.fault || null, say[each.state]);
    return [each.name, said, tones[each.state]];
  });
}

function channelRows(channel: ChannelState | null | undefined): Row[] {
  if (!channel) return [];
  const { state, restarts } = channel.engine;
  return [
    [say.picture, `${channel.size} · ${channel.fps} fps`],
    [say.viewers, String(channel.viewers)],
    [say.engine, restarts > 0 ? say.restarts(say[state], restarts) : say[state]],
  ];
}

function hereRows(here: Here): Row[] {
  const known = (value: number | null, unit: string): string => (value === null ? say.unknown : `${value}${unit}`);
  return [
    [say.latency, known(here.latencyMs, " ms")],
    [say.decoded, here.decodedFps === null ? say.nothing : `${here.size} · ${here.decodedFps.toFixed(0)} fps`],
    [say.packetsLost, known(here.packetsLost, "")],
    [say.clock, known(here.clockMs === null ? null : Math.round(here.clockMs), " ms")],
    ...(here.feed === null ? [] : [[say.garments, here.feed === "clean" ? say.clean : say.burned] as Row]),
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
