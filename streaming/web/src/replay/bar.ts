/** The time line: how far one can look back, where one is, and the pill that says live and leads back there. */

import "./replay.css";
import { phrases } from "../language";
import { type Link, isByHttp } from "../link/kinds";
import { byId, make, setText } from "../ui/dom";
import { type Reach, clockOf } from "./reach";

const say = phrases(
  {
    label: "Time",
    live: "Live",
    back: "Back to live",
    atEdge: "You are watching live",
    behind: (time: string) => `${time} behind live`,
    at: (time: string, whole: string) => `${time} of ${whole}`,
    position: "Position",
    blocked: (seconds: number | null) =>
      seconds === null ? "Your network blocks live video; playing a few seconds behind." : `Your network blocks live video; playing about ${seconds} s behind.`,
    again: "Try live again",
    replay: "Replay",
    watch: "Watch the replay",
  },
  {
    label: "时间",
    live: "直播",
    back: "回到直播",
    atEdge: "正在观看直播",
    behind: (time) => `落后直播 ${time}`,
    at: (time, whole) => `${time}，共 ${whole}`,
    position: "播放位置",
    blocked: (seconds) => `您的网络拦截了实时视频，正以约 ${seconds ?? "几"} 秒的延迟播放。`,
    again: "重试直播",
    replay: "回放",
    watch: "观看回放",
  },
);

const WORTH_S = 5; // less is no line
const STEPS_S: Readonly<Record<string, number>> = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -60, PageUp: 60 };
const SETTLE_MS = 400; // who steps through it goes once, where the last step leads

/** What the time line shows. */
export interface Moment {
  readonly link: Link["kind"];
  /** What can be played, and what is shown now: Unix ms. */
  readonly reach: Reach | null;
  readonly nowMs: number | null;
  /** The newest that there is: the live edge. */
  readonly edgeMs: number;
  /** The picture is held still. */
  readonly paused: boolean;
  readonly canReplay: boolean;
  /** The show is on air, whatever is watched. */
  readonly onAir: boolean;
}

export class TimeBar {
  private readonly element = make("section");
  private readonly notice = make("p", "notice");
  private readonly line = make("input");
  private readonly said = make("output");
  private readonly pill = make("button", "pill");
  private readonly words = make("span");
  private readonly watch = make("button", "watch", say.watch);
  private held = false;
  private settling = 0;
  private shown: Moment | null = null;

  constructor(actions: { readonly seek: (unixMs: number) => void; readonly live: () => void; readonly replay: () => void }) {
    this.element.id = "replay";
    this.element.setAttribute("aria-label", say.label);
    Object.assign(this.line, { type: "range", min: "0", max: "1", step: "0.1" });
    this.line.setAttribute("aria-label", say.position);
    const go = (): void => {
      clearTimeout(this.settling);
      this.held = false;
      actions.seek((this.shown?.reach?.startMs ?? 0) + 1000 * Number(this.line.value));
    };
    this.line.addEventListener("pointerdown", () => (this.held = true));
    for (const end of ["pointerup", "pointercancel"]) this.line.addEventListener(end, () => (this.held = false)); // it may not have moved
    this.line.addEventListener("input", () => this.sayPlace());
    this.line.addEventListener("change", go);
    this.line.addEventListener("keydown", (event) => {
      const step = STEPS_S[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const before = this.line.value;
      this.line.value = String(Number(before) + step);
      if (this.line.value === before) return;
      this.held = true;
      this.sayPlace();
      clearTimeout(this.settling);
      this.settling = window.setTimeout(go, SETTLE_MS);
    });
    this.pill.type = this.watch.type = "button";
    this.pill.append(make("i"), this.words);
    this.pill.addEventListener("click", actions.live);
    this.watch.addEventListener("click", actions.replay);
    this.element.append(this.notice, this.line, this.said, this.pill);
    byId("stage", HTMLElement).append(this.element);
    byId("retry", HTMLElement).before(this.watch);
    this.watch.hidden = true;
  }

  show(moment: Moment): void {
    this.shown = moment;
    const { link, reach, nowMs, edgeMs, paused } = moment;
    const live = link === "playing" && !paused;
    this.element.hidden = !(live || isByHttp(link) || paused);
    const behindS = live || nowMs === null ? null : Math.max(0, (edgeMs - nowMs) / 1000);
    this.notice.hidden = link !== "bridged";
    setText(this.notice, link === "bridged" ? say.blocked(behindS === null ? null : Math.max(1, Math.round(behindS))) : "");
    this.watch.hidden = !moment.canReplay;
    this.showLine(reach, live);
    this.showPill(link, live, link === "replay" && !moment.onAir);
    this.element.classList.toggle("live", live);
  }

  private showLine(reach: Reach | null, live: boolean): void {
    const whole = reach ? (reach.endMs - reach.startMs) / 1000 : 0;
    this.line.hidden = whole < WORTH_S;
    this.said.hidden = this.line.hidden && !this.shown?.paused;
    if (!reach || this.held) return;
    this.line.max = whole.toFixed(1);
    this.line.value = (live ? whole : ((this.shown?.nowMs ?? reach.endMs) - reach.startMs) / 1000).toFixed(1);
    this.sayPlace();
  }

  private sayPlace(): void {
    const whole = Number(this.line.max);
    const at = Number(this.line.value);
    this.line.style.setProperty("--played", `${(100 * at) / Math.max(whole, 0.1)}%`);
    const over = this.shown?.link === "replay";
    const live = this.shown?.link === "playing" && !this.shown.paused && !this.held;
    const back = clockOf(whole - at);
    setText(this.said, over ? `${clockOf(at)} / ${clockOf(whole)}` : live ? "" : `−${back}`);
    this.line.setAttribute("aria-valuetext", over ? say.at(clockOf(at), clockOf(whole)) : live ? say.atEdge : say.behind(back));
  }

  private showPill(link: Link["kind"], live: boolean, over: boolean): void {
    setText(this.words, live ? say.live : link === "bridged" ? say.again : over ? say.replay : say.back);
    this.pill.title = live ? say.atEdge : "";
    this.pill.hidden = live && this.line.hidden; // the words under the title say it already
    this.pill.disabled = live || over;
    this.pill.dataset["live"] = String(live);
  }
}
