/** Which size of the picture is wished for: by the visitor's choice, kept over a reload, or the least of all while saving. */

import { events } from "../events";
import { quality, saver, savesData, wishFor } from "../input/thrift";
import type { Choice, Renditions } from "../link/renditions";

export class Picture {
  private said = "";

  constructor(
    private readonly renditions: Renditions,
    private readonly show: (choice: Choice | null) => void,
  ) {}

  /** By the visitor's own hand; that ends saving. */
  choose(name: string): void {
    quality.value = name;
    if (savesData()) saver.value = "off";
    this.look();
  }

  /** Look what is sent now, and wish. */
  look(): void {
    const { choice } = this.renditions;
    this.show(choice);
    if (!choice) return;
    if (choice.offered.length > 1) this.renditions.ask(wishFor(quality.value, savesData(), choice.offered));
    const said = `${choice.name} ${choice.auto}`;
    if (said === this.said) return;
    this.said = said;
    events.emit("quality-change", { name: choice.name, auto: choice.auto });
  }
}
