/** The bar of buttons: each has a name, a key and a state that a screen reader hears. */

import { gyroOffered } from "../input/hands";
import { phrases } from "../language";
import type { Choice } from "../link/renditions";
import { byId, icon, make } from "./dom";
import { ICONS } from "./icons";
import { fillQuality } from "./quality";

export interface Actions {
  readonly mute: () => void;
  readonly pause: () => void;
  readonly captions: () => void;
  readonly quality: (name: string) => void;
  readonly planet: () => void;
  readonly zoom: (factor: number) => void;
  readonly gyro: () => void;
  readonly share: () => void;
  readonly settings: () => void;
  readonly details: () => void;
  readonly fullScreen: () => void;
}

const ZOOM = 1.25;

const say = phrases(
  {
    pause: "Pause",
    resume: "Resume",
    soundOn: "Sound on",
    soundOff: "Sound off",
    captions: "Captions",
    wider: "Zoom out",
    closer: "Zoom in",
    planet: "Little planet",
    quality: "Picture quality",
    gyro: "Follow the phone",
    share: "Share",
    settings: "Settings",
    details: "Details",
    enter: "Full screen",
    leave: "Leave full screen",
    space: "Space",
    keyed: (name: string, key: string) => `${name} (${key})`,
  },
  {
    pause: "暂停",
    resume: "继续播放",
    soundOn: "打开声音",
    soundOff: "关闭声音",
    captions: "字幕",
    wider: "缩小",
    closer: "放大",
    planet: "小行星视图",
    quality: "画质",
    gyro: "跟随手机转动",
    share: "分享",
    settings: "设置",
    details: "详情",
    enter: "全屏",
    leave: "退出全屏",
    space: "空格",
    keyed: (name, key) => `${name}（${key}）`,
  },
);

export class Controls {
  private readonly bar = byId("bar", HTMLElement);
  private readonly pause: HTMLButtonElement;
  private readonly mute: HTMLButtonElement;
  private readonly captions: HTMLButtonElement;
  private readonly planet: HTMLButtonElement;
  private readonly quality = make("select");
  private readonly gyro: HTMLButtonElement;
  private readonly details: HTMLButtonElement;
  private readonly full: HTMLButtonElement;

  constructor(actions: Actions) {
    this.pause = this.add(actions.pause);
    this.mute = this.add(actions.mute);
    this.captions = this.add(actions.captions, { name: say.captions, paths: ICONS.captions });
    this.add(() => actions.zoom(1 / ZOOM), { name: say.wider, key: "−", paths: ICONS.wider, rare: true });
    this.add(() => actions.zoom(ZOOM), { name: say.closer, key: "+", paths: ICONS.closer, rare: true });
    this.planet = this.add(actions.planet, { name: say.planet, key: "P", paths: ICONS.planet, rare: true });
    this.bar.append(this.menu(actions.quality));
    this.gyro = this.add(actions.gyro, { name: say.gyro, paths: ICONS.gyro });
    this.add(actions.share, { name: say.share, key: "S", paths: ICONS.share, rare: true });
    this.details = this.add(actions.details, { name: say.details, key: "I", paths: ICONS.details, rare: true });
    this.add(actions.settings, { name: say.settings, key: "O", paths: ICONS.settings });
    this.full = this.add(actions.fullScreen);
    this.full.classList.add("full");
    this.details.setAttribute("aria-controls", "panel");
    this.gyro.hidden = !gyroOffered();
    this.showPaused(false);
    this.showSound(true, false);
    this.showCaptions(false, false);
    this.showGyro(false);
    this.showFullScreen(false);
    this.showDetails(false);
    this.showPlanet(false);
    this.showQuality(null);
  }

  /** One more button, at the end. @param rare  where there is little room it is found in the settings only */
  private add(act: () => void, like?: { name: string; key?: string; paths: readonly string[]; rare?: boolean }): HTMLButtonElement {
    const button = make("button", like?.rare ? "rare" : "");
    button.type = "button";
    button.addEventListener("click", act);
    if (like) label(button, like.name, like.key ?? "", like.paths);
    this.bar.append(button);
    return button;
  }

  /** The browser's own menu, over an icon. */
  private menu(choose: (name: string) => void): HTMLElement {
    const button = make("label", "menu rare");
    button.title = say.quality;
    this.quality.setAttribute("aria-label", say.quality);
    this.quality.addEventListener("change", () => choose(this.quality.value));
    button.append(icon(...ICONS.quality), this.quality);
    return button;
  }

  /** Nothing to choose from: no menu. */
  showQuality(choice: Choice | null): void {
    this.quality.parentElement!.hidden = !fillQuality(this.quality, choice);
  }

  showPaused(paused: boolean): void {
    label(this.pause, paused ? say.resume : say.pause, say.space, paused ? ICONS.resume : ICONS.pause);
  }

  showSound(muted: boolean, available: boolean): void {
    label(this.mute, muted ? say.soundOn : say.soundOff, "M", muted ? ICONS.muted : ICONS.sounding);
    this.mute.disabled = !available;
  }

  showCaptions(offered: boolean, on: boolean): void {
    this.captions.hidden = !offered;
    this.captions.setAttribute("aria-pressed", String(on));
  }

  showPlanet(on: boolean): void {
    this.planet.setAttribute("aria-pressed", String(on));
  }

  showGyro(on: boolean): void {
    this.gyro.setAttribute("aria-pressed", String(on));
  }

  showFullScreen(on: boolean): void {
    label(this.full, on ? say.leave : say.enter, "F", on ? ICONS.leave : ICONS.enter);
  }

  showDetails(open: boolean): void {
    this.details.setAttribute("aria-expanded", String(open));
  }
}

function label(button: HTMLButtonElement, name: string, key: string, paths: readonly string[]): void {
  if (button.getAttribute("aria-label") === name) return;
  button.setAttribute("aria-label", name);
  button.title = key ? say.keyed(name, key) : name;
  button.replaceChildren(icon(...paths));
}
