/** Spoken words to read, low before the visitor: only where the video has a text track. */

import type { Matrix4 } from "three";
import { Vector3 } from "three";
import { wordsOf } from "../ui/cues";
import { LINE, wrap } from "./card";
import { Panel, measure } from "./panel";

const WIDTH = 1100;
const EDGE = 28;
const MOST_LINES = 3;

export class Captions {
  private readonly panel = new Panel(() => undefined, 1.1);
  readonly object = this.panel.object;
  private said: readonly TextTrackCue[] = [];

  constructor(private readonly video: HTMLVideoElement) {}

  /** Show what is said now, where the head looks: lazily, so that it can be read past. */
  follow(head: Matrix4): void {
    const cues = this.cues();
    if (cues.length !== this.said.length || cues.some((each, n) => each !== this.said[n])) this.say(cues);
    if (!this.panel.visible) return;
    const eyes = new Vector3().setFromMatrixPosition(head);
    const ahead = new Vector3(0, 0, -1).transformDirection(head).setY(0).normalize();
    const wanted = eyes.clone().addScaledVector(ahead, 1.8).setY(eyes.y - 0.62);
    this.panel.stand(this.object.position.lengthSq() === 0 ? wanted : this.object.position.clone().lerp(wanted, 0.06), eyes);
  }

  dispose(): void {
    this.panel.dispose();
  }

  private cues(): readonly TextTrackCue[] {
    const heard = [...this.video.textTracks].filter((each) => each.mode !== "disabled");
    return heard.flatMap((each) => [...(each.activeCues ?? [])]);
  }

  private say(cues: readonly TextTrackCue[]): void {
    this.said = cues;
    const words = cues.map(wordsOf).join(" ").replace(/\s+/gu, " ");
    if (!words) return this.panel.hide();
    const lines = wrap(words, WIDTH - 2 * EDGE, MOST_LINES, (each) => measure(each, "body"));
    const marks = lines.map((text, n) => ({
      kind: "text" as const,
      text,
      style: "body" as const,
      centred: true,
      box: { x: EDGE, y: EDGE + n * LINE.body, width: WIDTH - 2 * EDGE, height: LINE.body },
    }));
    this.panel.show({ width: WIDTH, height: 2 * EDGE + lines.length * LINE.body, marks });
  }
}
