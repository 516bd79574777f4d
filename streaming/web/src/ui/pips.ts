/** Garments by name, at the place where they stand; each turns the view to its garment. */

import type { GarmentState } from "../api";
import { byId, make, setText } from "./dom";
import { type Size, type View, direction, project, rad } from "../sky/view";

const MARGIN_PX = 40;

export class Pips {
  private readonly layer = byId("pips", HTMLElement);
  private shown: { garment: GarmentState; button: HTMLButtonElement }[] = [];

  constructor(private readonly lookAt: (yaw: number, pitch: number) => void) {}

  update(garments: readonly GarmentState[]): void {
    if (garments.map((each) => each.name).join() !== this.shown.map((each) => each.garment.name).join()) this.build(garments);
    garments.forEach((garment, index) => {
      const pip = this.shown[index];
      if (!pip) return;
      pip.garment = garment;
      setText(pip.button, garment.title || garment.name);
    });
  }

  /** Move each to its place in the window. */
  place(view: View, size: Size): void {
    for (const { garment, button } of this.shown) {
      const point = project(view, direction(rad(garment.yaw_deg), rad(garment.pitch_deg)), size);
      const seen = point !== null && point.x > MARGIN_PX && point.x < size.width - MARGIN_PX && point.y > 0 && point.y < size.height;
      button.classList.toggle("away", !seen);
      if (!seen) continue;
      const turned = point.x + button.offsetWidth > size.width; // no room for its name on the right
      button.classList.toggle("turned", turned);
      button.style.transform = `translate(${point.x.toFixed(1)}px, ${point.y.toFixed(1)}px)${turned ? " translateX(-100%)" : ""}`;
    }
  }

  private build(garments: readonly GarmentState[]): void {
    this.shown = garments.map((garment) => ({ garment, button: this.button(garment.name) }));
    this.layer.replaceChildren(...this.shown.map((each) => each.button));
  }

  private button(name: string): HTMLButtonElement {
    const button = make("button", "pip");
    button.type = "button";
    button.addEventListener("click", () => {
      const garment = this.shown.find((each) => each.garment.name === name)?.garment;
      if (garment) this.lookAt(rad(garment.yaw_deg), rad(garment.pitch_deg));
    });
    return button;
  }
}
