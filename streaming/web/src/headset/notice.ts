/** What the page says of the stream, in the room: why the picture stands still or is not there, and what can be done; and what the host shows. */

import type { Mesh, Vector3 } from "three";
import type { Catalogue, Thing } from "../products/catalogue";
import { type Deed, noticePage, pinPage } from "./card";
import type { Gaze } from "./gaze";
import { Panel, measure } from "./panel";
import { Linger, type Said, Spell } from "./saying";

const LOOK_MS = 250;
const AHEAD_M = 1.7;
const ABOVE_M = 0.37; // its lower edge, 12° up: over cards and captions
const SCALE = 1.3;

export interface Teller {
  readonly catalogue: Catalogue;
  /** What the page says of the stream. */
  readonly words: () => Said;
  /** Do what it asks for. */
  readonly answer: () => void;
  readonly open: (thing: Thing) => void;
}

export class Notice {
  readonly panel = new Panel((id) => this.act(id as Deed), SCALE);
  /** Its title; null: there is nothing to say. */
  title: string | null = null;
  private readonly linger: Linger;
  private readonly stream = new Spell();
  private readonly pin = new Spell();
  private shown = "";
  private lookedMs = -Infinity;

  constructor(
    private readonly teller: Teller,
    still: boolean,
  ) {
    this.linger = new Linger(still);
  }

  get object(): Mesh {
    return this.panel.object;
  }

  /** @param eyes in the reference space */
  update(eyes: Vector3, { yaw, pitch }: Gaze, seconds: number, nowMs: number): void {
    if (nowMs - this.lookedMs >= LOOK_MS) {
      this.lookedMs = nowMs;
      this.look(nowMs);
    }
    if (!this.panel.visible) return;
    this.linger.follow(eyes, yaw, pitch, seconds);
    this.panel.stand(this.linger.place(AHEAD_M, ABOVE_M + this.object.scale.y / 2), eyes);
  }

  dispose(): void {
    this.panel.dispose();
  }

  private look(nowMs: number): void {
    const { catalogue } = this.teller;
    const said = this.teller.words();
    const bad = said.tone === "live" ? "" : (said.spoken ?? said.title);
    if (this.stream.lasts(bad, said.passes, nowMs)) return this.say(said.title, noticePage(said, measure));
    const thing = catalogue.thing(catalogue.pinned?.id ?? null);
    if (thing && this.pin.lasts(catalogue.pin, true, nowMs) && catalogue.selected !== thing.id) return this.say(thing.name, pinPage(thing.name, measure));
    this.title = null;
    this.panel.hide();
  }

  private say(title: string, page: ReturnType<typeof noticePage>): void {
    if (!this.panel.visible) this.linger.clear();
    const text = JSON.stringify(page);
    if (!this.panel.visible || text !== this.shown) this.panel.show(page);
    [this.title, this.shown] = [title, text];
  }

  private act(deed: Deed): void {
    const { catalogue } = this.teller;
    if (deed !== "look") return this.teller.answer();
    const thing = catalogue.thing(catalogue.pinned?.id ?? null);
    if (thing) this.teller.open(thing);
  }
}
