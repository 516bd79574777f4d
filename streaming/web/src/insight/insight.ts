/** Tells the server what a visit was like, in sums of a quarter of a minute; where the visitor looked, only with consent. */

import type { Emitter } from "../events";
import type { View } from "../sky/view";
import { type Action, actionsOf } from "./actions";
import { consent, refusedByBrowser } from "./consent";
import { GazeSums } from "./gaze";

const LOOK_S = 0.5;
const TELL_S = 15;
const MOST_ACTIONS = 50;

/** What is looked at, and how it plays, at the moment. */
export interface Visit {
  /** Somebody may see it. */
  readonly seen: boolean;
  /** null: they do not see the picture. */
  readonly view: Pick<View, "yaw" | "pitch"> | null;
  readonly playing: boolean;
  readonly stalled: boolean;
  readonly latencyMs: number | null;
  readonly rendition: string;
}

export class Insight {
  /** Made up here, known to nobody else, another one at the next visit. */
  private readonly visit = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  private readonly gaze = new GazeSums();
  private actions: Action[] = [];
  private startS: number | null = null;
  private playedS = 0;
  private stalledS = 0;
  private stalls = 0;
  private stood = false;

  /** @param look says how it is now; called twice a second */
  constructor(
    private readonly channel: string,
    private readonly look: () => Visit,
    events: Emitter,
  ) {
    events.on("ready", () => (this.startS = performance.now() / 1000));
    events.onAny((name, detail) => {
      if (this.agreed) this.actions = [...this.actions, ...actionsOf(name, detail)].slice(0, MOST_ACTIONS);
    });
  }

  start(): void {
    setInterval(() => this.note(), LOOK_S * 1000);
    setInterval(() => this.tell(), TELL_S * 1000);
    addEventListener("pagehide", () => this.tell());
    document.addEventListener("visibilitychange", () => document.hidden && this.tell());
  }

  private get agreed(): boolean {
    return consent.value === "yes" && !refusedByBrowser(navigator);
  }

  private note(): void {
    const { seen, view, playing, stalled } = this.look();
    if (!seen) return;
    if (playing) this.playedS += LOOK_S;
    if (stalled) this.stalledS += LOOK_S;
    if (stalled && !this.stood) this.stalls += 1;
    this.stood = stalled;
    if (view && playing && this.agreed) this.gaze.add(view, LOOK_S);
  }

  /** Nobody waits for an answer: what is lost is lost. */
  private tell(): void {
    if (this.playedS + this.stalledS === 0 && this.startS === null) return;
    const { latencyMs, rendition } = this.look();
    const agreed = this.agreed;
    const report = {
      visit: this.visit,
      start_s: this.startS,
      played_s: this.playedS,
      stalled_s: this.stalledS,
      stalls: this.stalls,
      latency_s: latencyMs === null ? null : latencyMs / 1000,
      rendition: rendition.slice(0, 64),
      consent: agreed,
      gaze_s: this.gaze.take(),
      actions: this.actions,
    };
    [this.startS, this.playedS, this.stalledS, this.stalls, this.actions] = [null, 0, 0, 0, []];
    if (!agreed) [report.gaze_s, report.actions] = [{}, []]; // taken back in the meantime
    void fetch(`/api/v1/channels/${encodeURIComponent(this.channel)}/insight`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(report),
      keepalive: true, // also while the page is left
    }).catch(() => undefined);
  }
}
