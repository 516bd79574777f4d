/** Says how garments come to this page, and changes it: beside the latency, where a channel leaves the choice. */

import { phrases } from "../language";
import { byId, icon, make, setText } from "../ui/dom";
import { ICONS } from "../ui/icons";
import type { TwinState } from "./twin";

const say = phrases(
  {
    models: "3D garments",
    picture: "Garments in the picture",
    coming: "3D garments are coming",
    modelsWhy: "Garments are drawn here, as 3D models. Press to see them in the picture (G)",
    noTime: "The server does not send this size of the picture without garments now: they stay in it",
    liveOnly: "Only the live picture comes without garments",
    pictureWhy: "Garments are part of the picture. Press to see them as 3D models (G)",
  },
  {
    models: "三维服装",
    picture: "服装在画面中",
    coming: "正在载入三维服装",
    modelsWhy: "服装在本机以三维模型绘制。按此改为显示在画面中（G）",
    noTime: "服务器暂不提供此尺寸的无服装画面：服装仍在画面中",
    liveOnly: "只有直播画面可以不含服装",
    pictureWhy: "服装是画面的一部分。按此改为三维模型（G）",
  },
);

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
    this.element.disabled = !state.live;
    this.element.title = why(state);
    this.element.dataset["feed"] = state.feed;
    this.element.setAttribute("aria-busy", String(state.coming));
  }
}

function why({ feed, wished, coming, live }: TwinState): string {
  if (!live) return say.liveOnly;
  if (!wished) return say.pictureWhy;
  return feed === "clean" || coming ? say.modelsWhy : say.noTime;
}
