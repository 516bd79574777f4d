/** The bar of buttons: each has a name, a key and a state that a screen reader hears. */

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
  quality: ["M4 7h9M17 7h3M4 17h3M11 17h9", "M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z", "M9 14.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4Z"],
  details: ["M12 10.8v6M12 7.2v.2", "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z"],
} as const;

export interface Actions {
  readonly mute: () => void;
  readonly pause: () => void;
  readonly quality: (name: string) => void;
  readonly zoom: (factor: number) => void;
  readonly fullScreen: () => void;
  readonly details: () => void;
}

const ZOOM = 1.25;

export class Controls {
  private readonly mute: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
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
    label(add(() => actions.zoom(1 / ZOOM)), "Zoom out", "−", ICONS.wider);
    label(add(() => actions.zoom(ZOOM)), "Zoom in", "+", ICONS.closer);
    bar.append(this.menu(actions.quality));
    this.info = add(actions.details);
    label(this.info, "Details", "I", ICONS.details);
    this.full = add(actions.fullScreen);
    this.full.hidden = !document.fullscreenEnabled;
    this.showPaused(false);
    this.showSound(true, false);
    this.showFullScreen(false);
    this.showDetails(false);
    this.showQuality(null);
  }

  /** The browser's own menu, over an icon. */
  private menu(choose: (name: string) => void): HTMLElement {
    const button = make("label", "menu");
    button.title = "Picture quality";
    this.quality.setAttribute("aria-label", "Picture quality");
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
    const said = names.map((name) => (name === AUTO ? (choice.auto ? `Automatic (${spoken(choice.name)})` : "Automatic") : spoken(name)));
    if (said.join() !== [...this.quality.options].map((each) => each.text).join()) {
      this.quality.replaceChildren(...names.map((name, n) => new Option(said[n], name)));
    }
    this.quality.value = choice.auto ? AUTO : choice.name;
  }

  showPaused(paused: boolean): void {
    label(this.pause, paused ? "Resume" : "Pause", "Space", paused ? ICONS.resume : ICONS.pause);
  }

  showSound(muted: boolean, available: boolean): void {
    label(this.mute, muted ? "Sound on" : "Sound off", "M", muted ? ICONS.muted : ICONS.sounding);
    this.mute.disabled = !available;
  }

  showFullScreen(on: boolean): void {
    label(this.full, on ? "Leave full screen" : "Full screen", "F", on ? ICONS.leave : ICONS.enter);
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
  button.title = `${name} (${key})`;
  button.replaceChildren(icon(...paths));
}
