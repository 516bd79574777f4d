/** Says how garments come to this page, and changes it: beside the latency, where a channel leaves the choice. */

import { phrases } from "../language";
import { byId, icon, make, setText } from "../ui/dom";
import { ICONS } from "../ui/icons";
import { type TwinState, delivery } from "./twin";

const say = phrases(
  {
    models: "3D garments",
    picture: "Garments in the picture",
    coming: "3D garments are coming",
    modelsWhy: "Garments are drawn here, as 3D models. Press to see them in the picture (G)",
    pictureWhy: "Garments are part of the picture. Press to see them as 3D models (G)",
  },
  {
    models: "三维服装",
    picture: "服装在画面中",
    coming: "正在载入三维服装",
    modelsWhy: "服装在本机以三维模型绘制。按此改为显示在画面中（G）",
    pictureWhy: "服装是画面的一部分。按此改为三维模型（G）",
  },
);

/** The other one from now on. */
export function toggleDelivery({ feed, coming }: TwinState): void {
  delivery.value = feed === "clean" || coming ? "picture" : "models";
}

export class Badge {
  private readonly element = make("button");
  private readonly words = make("span");

  constructor(onPress: () => void) {
    this.element.id = "twin";
    this.element.type = "button";
    this.element.hidden = true;
    this.element.append(icon(...ICONS.models), this.words);
    this.element.addEventListener("click", onPress);
    byId("latency", HTMLElement).after(this.element);
  }

  /** @param state null: there is nothing to choose */
  show(state: TwinState | null): void {
    this.element.hidden = state === null;
    if (!state) return;
    const models = state.feed === "clean";
    setText(this.words, models ? say.models : state.coming ? say.coming : say.picture);
    this.element.title = models || state.coming ? say.modelsWhy : say.pictureWhy;
    this.element.dataset["feed"] = state.feed;
    this.element.toggleAttribute("aria-busy", state.coming);
  }
}
