/** The settings: everything that is kept over a reload, and what there is no room for in the bar of a phone. */

import { delivery } from "../garments/twin";
import { followHost } from "../input/follow";
import { gyroOffered } from "../input/hands";
import { consent, refusedByBrowser } from "../insight/consent";
import { autorotate, hideControls } from "../input/idle";
import { saver } from "../input/thrift";
import { LANGUAGES, type Language, phrases, wish } from "../language";
import type { Choice } from "../link/renditions";
import type { Setting } from "../settings";
import { dialog } from "./dialog";
import { icon, make } from "./dom";
import { ICONS } from "./icons";
import { fillQuality } from "./quality";

const say = phrases(
  {
    title: "Settings",
    share: "Share",
    planet: "Little planet",
    keys: "Keys",
    details: "Details",
    quality: "Picture quality",
    saver: "Data saver",
    saverWhy: "The smallest picture, drawn half as often",
    garments: "Garments",
    garmentsWhy: "Models are sharper and wear the colour that you choose",
    models: "As 3D models",
    picture: "In the picture",
    auto: "Automatic",
    on: "On",
    off: "Off",
    gyro: "The view follows the phone",
    gyroWhy: "Dragging still works",
    follow: "Follow the host",
    followWhy: "The view turns to what the host shows",
    autorotate: "Turn slowly when nobody touches",
    calm: "Off: this device asks for little motion",
    hide: "Hide the controls when idle",
    privacy: "Count where I look",
    privacyWhy: "Sums only: no name, no address, no path",
    privacyNo: "Off: your browser asks not to",
    ask: "Ask me",
    language: "Language",
    languageWhy: "The page loads again",
    asBrowser: "As the browser",
  },
  {
    title: "设置",
    share: "分享",
    planet: "小行星",
    keys: "快捷键",
    details: "详情",
    quality: "画质",
    saver: "省流模式",
    saverWhy: "使用最低画质，帧率减半",
    garments: "服装",
    garmentsWhy: "模型更清晰，并穿上您选择的颜色",
    models: "三维模型",
    picture: "在画面中",
    auto: "自动",
    on: "开启",
    off: "关闭",
    gyro: "视角跟随手机",
    gyroWhy: "仍可拖动画面",
    follow: "跟随主播",
    followWhy: "视角转向主播展示的内容",
    autorotate: "无操作时缓慢环视",
    calm: "已停用：此设备要求减少动态效果",
    hide: "无操作时隐藏控件",
    privacy: "允许统计我的观看方向",
    privacyWhy: "只保留汇总数字：不记录姓名、地址和浏览轨迹",
    privacyNo: "已停用：您的浏览器要求不被统计",
    ask: "先询问我",
    language: "语言",
    languageWhy: "页面会重新加载",
    asBrowser: "跟随浏览器",
  },
);

const NAMES: Record<Language, string> = { en: "English", zh: "简体中文" };

export interface Deeds {
  readonly share: () => void;
  readonly planet: () => void;
  readonly keys: () => void;
  readonly details: () => void;
  readonly quality: (name: string) => void;
  readonly gyro: () => void;
}

export class Preferences {
  private readonly element: HTMLDialogElement;
  private readonly quality = make("select");
  private readonly gyro = make("input");
  private readonly garments = row(say.garments, menu(delivery, { auto: say.auto, models: say.models, picture: say.picture }), say.garmentsWhy);

  constructor(private readonly deeds: Deeds) {
    this.element = this.build();
  }

  open(): void {
    if (!this.element.open) this.element.showModal();
  }

  showQuality(choice: Choice | null): void {
    this.quality.closest<HTMLElement>(".row")!.hidden = !fillQuality(this.quality, choice);
  }

  /** @param offered whether there is anything to choose */
  showGarments(offered: boolean): void {
    this.garments.hidden = !offered;
  }

  showGyro(on: boolean): void {
    this.gyro.checked = on;
  }

  private build(): HTMLDialogElement {
    const { element, body } = dialog("preferences", say.title);
    const deed = (name: string, paths: readonly string[], act: () => void): HTMLElement => {
      const button = make("button");
      button.type = "button";
      button.append(icon(...paths), name);
      button.addEventListener("click", () => {
        element.close();
        act();
      });
      return button;
    };
    const deeds = make("div", "deeds");
    deeds.append(
      deed(say.share, ICONS.share, this.deeds.share),
      deed(say.planet, ICONS.planet, this.deeds.planet),
      deed(say.details, ICONS.details, this.deeds.details),
      deed(say.keys, ICONS.keys, this.deeds.keys),
    );
    const rows = make("div", "rows");
    this.quality.addEventListener("change", () => this.deeds.quality(this.quality.value));
    rows.append(row(say.quality, this.quality));
    rows.append(row(say.saver, menu(saver, { auto: say.auto, on: say.on, off: say.off }), say.saverWhy));
    rows.append(this.garments);
    if (gyroOffered()) rows.append(this.gyroRow());
    rows.append(row(say.follow, check(followHost), say.followWhy));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turning = check(autorotate);
    turning.disabled = calm;
    rows.append(row(say.autorotate, turning, calm ? say.calm : ""));
    if (matchMedia("(hover: hover)").matches) rows.append(row(say.hide, check(hideControls)));
    rows.append(consentRow());
    rows.append(row(say.language, languageMenu(), say.languageWhy));
    body.append(deeds, rows);
    return element;
  }

  private gyroRow(): HTMLElement {
    this.gyro.type = "checkbox";
    this.gyro.addEventListener("change", this.deeds.gyro);
    return row(say.gyro, this.gyro, say.gyroWhy);
  }
}

/** A line of the settings: what it is called, what it does, and how it is changed. */
export function row(name: string, field: HTMLElement, why = ""): HTMLElement {
  const label = make("label", "row");
  label.append(make("span", "", name), field);
  if (why) label.append(make("small", "", why));
  return label;
}

export function check(setting: Setting<boolean>): HTMLInputElement {
  const field = make("input");
  field.type = "checkbox";
  field.checked = setting.value;
  field.addEventListener("change", () => {
    setting.value = field.checked;
  });
  setting.follow((value) => {
    field.checked = value;
  });
  return field;
}

export function menu<Value extends string>(setting: Setting<Value>, names: Readonly<Record<Value, string>>): HTMLSelectElement {
  const field = make("select");
  for (const value of Object.keys(names) as Value[]) field.append(new Option(names[value], value));
  field.value = setting.value;
  field.addEventListener("change", () => {
    setting.value = field.value as Value;
  });
  setting.follow((value) => {
    field.value = value;
  });
  return field;
}

function consentRow(): HTMLElement {
  const field = menu(consent, { "": say.ask, yes: say.on, no: say.off });
  field.disabled = refusedByBrowser(navigator);
  return row(say.privacy, field, field.disabled ? say.privacyNo : say.privacyWhy);
}

/** Words are put in place once, at the start: another language begins with a reload. */
function languageMenu(): HTMLSelectElement {
  const field = menu<Language | "">(wish, { "": say.asBrowser, ...NAMES });
  for (const each of LANGUAGES) field.options[LANGUAGES.indexOf(each) + 1]!.lang = each;
  field.addEventListener("change", () => location.reload());
  return field;
}
