/** The compass, which is a radar too: where is ahead, what stands where, and the part of it that is seen. */

import { type Size, type View, deg, focalPx } from "../sky/view";
import { byId } from "./dom";

const SVG = "http://www.w3.org/2000/svg";
const PIP_AT = 15.5;
const CONE = 20;

/** Something in the room, by its direction. */
export interface Place {
  readonly id: string;
  readonly yaw: number;
  /** Whether it is the one that is looked at or spoken of. */
  readonly lit?: boolean;
}

export class Compass {
  private readonly world = byId("needle", SVGElement);
  private readonly cone = byId("cone", SVGElement);
  private readonly pips = byId("compass-pips", SVGElement);
  private said = "";

  /** What stands in the room. */
  places(places: readonly Place[]): void {
    const said = places.map((each) => `${each.id} ${each.yaw.toFixed(3)} ${each.lit ?? false}`).join();
    if (said === this.said) return;
    this.said = said;
    this.pips.replaceChildren(
      ...places.map((each) => {
        const pip = document.createElementNS(SVG, "circle");
        pip.dataset["place"] = each.id;
        pip.classList.toggle("lit", each.lit ?? false);
        const set = { cx: 24 + PIP_AT * Math.sin(each.yaw), cy: 24 - PIP_AT * Math.cos(each.yaw), r: each.lit ? 3.2 : 2.3 };
        for (const [name, value] of Object.entries(set)) pip.setAttribute(name, value.toFixed(2));
        return pip;
      }),
    );
  }

  /** Ahead of the viewer is up. */
  turn(view: View, size: Size): void {
    this.world.style.transform = `rotate(${(-deg(view.yaw)).toFixed(1)}deg)`;
    const planet = (view.bend ?? 0) > 0.5; // which shows all there is
    const half = planet ? Math.PI - 1e-3 : Math.min(Math.atan(size.width / 2 / focalPx(view.fov, size, view.bend)), Math.PI / 2);
    const [x, y] = [CONE * Math.sin(half), CONE * Math.cos(half)];
    const [left, right, top] = [24 - x, 24 + x, 24 - y].map((each) => each.toFixed(2));
    this.cone.setAttribute("d", `M24 24L${left} ${top}A${CONE} ${CONE} 0 ${Number(planet)} 1 ${right} ${top}Z`);
  }
}
