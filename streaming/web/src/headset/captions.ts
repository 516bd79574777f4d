/** Spoken words to read, low before the visitor: only where the video has a text track. */

import type { Matrix4 } from "three";
import { Vector3 } from "three";
import { LINE, wrap } from "./card";
import { Panel, measure } from "./panel";

const WIDTH = 1100;
const EDGE = 28;
const MOST_LINES = 2;

export class Captions {
  private readonly panel = new Panel(() => undefined, 0.8);
  readonly object = this.panel.object;
  private said = "";

  constructor(private readonly video: HTMLVideoElement) {}

  /** Show what is said now, where the head looks: lazily, so that it can be read past. */
  follow(head: Matrix4): void {
    const words = this.words();
    if (words !== this.said) this.say(words);
    if (!this.panel.visible) return;
    const eyes = new Vector3().setFromMatrixPosition(head);
    const ahead = new Vector3(0, 0, -1).transformDirection(head).setY(0).normalize();
    const wanted = eyes.clone().addScaledVector(ahead, 1.8).setY(eyes.y - 0.62);
    this.panel.stand(this.object.position.lengthSq() === 0 ? wanted : this.object.position.clone().lerp(wanted, 0.06), eyes);
  }

  dispose(): void {
    this.panel.dispose();
  }

  private words(): string {
    for (const track of this.video.textTracks) {
      if (track.mode === "disabled") continue;
      return [...(track.activeCues ?? [])].map((cue) => ("text" in cue ? String(cue.text) : "")).join(" ");
    }
    return "";
  }

  private say(words: string): void {
    this.said = words;
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
