/** The bar of buttons: each has a name, a key and a state that a screen reader hears. */

import { phrases } from "../language";
import { byId, icon, make } from "./dom";
import { AUTO, type Choice } from "../link/renditions";

const ICONS = {
  muted: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z", "M16 9.5l5 5M21 9.5l-5 5"],
  sounding: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z", "M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11"],
  pause: ["M8.5 6v12M15.5 6v12"],
  resume: ["M8 5.5v13l10.5-6.5Z"],
  closer: ["M12 6v12M6 12h12"],
  wider: ["M6 12h12"],
  enter: ["M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15"],
  leave: ["M9 4.5V9H4.5M19.5 9H15V4.5M15 19.5V15h4.5M4.5 15H9v4.5"],
  planet: ["M12 7.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9Z", "M12 7.5V3.5M15.6 9.3l3-2.6M8.4 9.3l-3-2.6", "M3.5 14.5c2 4 4.8 6 8.5 6s6.5-2 8.5-6"],
  quality: ["M4 7h9M17 7h3M4 17h3M11 17h9", "M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z", "M9 14.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z"],
  details: ["M12 10.8v6M12 7.2v.2", "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z"],
} as const;

export interface Actions {
  readonly mute: () => void;
  readonly pause: () => void;
  readonly quality: (name: string) => void;
  readonly planet: () => void;
  readonly zoom: (factor: number) => void;
  readonly fullScreen: () => void;
  readonly details: () => void;
}

const ZOOM = 1.25;

const say = phrases(
  {
    pause: "Pause",
    resume: "Resume",
    soundOn: "Sound on",
    soundOff: "Sound off",
    wider: "Zoom out",
    closer: "Zoom in",
    quality: "Picture quality",
    auto: "Automatic",
    autoNow: (size: string) => `Automatic (${size})`,
    planet: "Little planet",
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
    wider: "缩小",
    closer: "放大",
    quality: "画质",
    auto: "自动",
    autoNow: (size) => `自动（${size}）`,
    planet: "小行星视图",
    details: "详情",
    enter: "全屏",
    leave: "退出全屏",
    space: "空格",
    keyed: (name, key) => `${name}（${key}）`,
  },
);

export class Controls {
  private readonly mute: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly planet: HTMLButtonElement;
  private readonly quality = make("select");
  private readonly full: HTMLButtonElement;
  private readonly info: HTMLButtonElement;

  constructor(actions: Actions) {
    const bar = byId("bar", HTMLElement);
    const add = (act: () => void): HTMLButtonElement => {
      const button = make("button");
      button.type = "button";
      button.addEventListener("click", act);
      bar.append(button);
      return button;
    };
    this.pause = add(actions.pause);
    this.mute = add(actions.mute);
    const [wider, closer] = [add(() => actions.zoom(1 / ZOOM)), add(() => actions.zoom(ZOOM))];
    label(wider, say.wider, "−", ICONS.wider);
    label(closer, say.closer, "+", ICONS.closer);
    for (const each of [wider, closer]) each.classList.add("zoom");
    this.planet = add(actions.planet);
    label(this.planet, say.planet, "P", ICONS.planet);
    bar.append(this.menu(actions.quality));
    this.info = add(actions.details);
    label(this.info, say.details, "I", ICONS.details);
    this.full = add(actions.fullScreen);
    this.full.hidden = !document.fullscreenEnabled;
    this.showPaused(false);
    this.showSound(true, false);
    this.showFullScreen(false);
    this.showDetails(false);
    this.showPlanet(false);
    this.showQuality(null);
  }

  /** The browser's own menu, over an icon. */
  private menu(choose: (name: string) => void): HTMLElement {
    const button = make("label", "menu");
    button.title = say.quality;
    this.quality.setAttribute("aria-label", say.quality);
    this.quality.addEventListener("change", () => choose(this.quality.value));
    button.append(icon(...ICONS.quality), this.quality);
    return button;
  }

  /** Nothing to choose from: no menu. */
  showQuality(choice: Choice | null): void {
    const offered = choice?.offered ?? [];
    this.quality.parentElement!.hidden = offered.length < 2;
    if (!choice) return;
    const names = [AUTO, ...offered];
    const said = names.map((name) => (name === AUTO ? (choice.auto ? say.autoNow(spoken(choice.name)) : say.auto) : spoken(name)));
    if (said.join() !== [...this.quality.options].map((each) => each.text).join()) {
      this.quality.replaceChildren(...names.map((name, n) => new Option(said[n], name)));
    }
    this.quality.value = choice.auto ? AUTO : choice.name;
  }

  showPaused(paused: boolean): void {
    label(this.pause, paused ? say.resume : say.pause, say.space, paused ? ICONS.resume : ICONS.pause);
  }

  showSound(muted: boolean, available: boolean): void {
    label(this.mute, muted ? say.soundOn : say.soundOff, "M", muted ? ICONS.muted : ICONS.sounding);
    this.mute.disabled = !available;
  }

  showFullScreen(on: boolean): void {
    label(this.full, on ? say.leave : say.enter, "F", on ? ICONS.leave : ICONS.enter);
  }

  showPlanet(on: boolean): void {
    this.planet.setAttribute("aria-pressed", String(on));
  }

  showDetails(open: boolean): void {
    this.info.setAttribute("aria-expanded", String(open));
    this.info.setAttribute("aria-controls", "panel");
  }
}

function spoken(size: string): string {
  return size.replace("x", " × ");
}

function label(button: HTMLButtonElement, name: string, key: string, paths: readonly string[]): void {
  if (button.getAttribute("aria-label") === name) return;
  button.setAttribute("aria-label", name);
  button.title = say.keyed(name, key);
  button.replaceChildren(icon(...paths));
}
