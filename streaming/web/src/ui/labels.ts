/** The words of index.html, which itself has none: names of what is there before anything has happened. */

import { locale, phrases } from "../language";
import { byId, setText } from "./dom";

const say = phrases(
  {
    connecting: "Connecting",
    sky: "The room all around you",
    skyRole: "360° view",
    keys: "Arrow keys look around, plus and minus zoom, Home looks ahead, Space pauses. Question mark lists all keys.",
    ahead: "Look ahead",
    aheadKey: "Look ahead (Home)",
    channels: "Channels",
    play: "Step in",
    retry: "Try now",
    latency: "Latency, from the lens to your screen",
    latencyWhy: "Glass to glass: from the lens to your screen",
    bar: "Player",
    panel: "Details",
  },
  {
    connecting: "正在连接",
    sky: "环绕您的现场",
    skyRole: "360° 全景",
    keys: "方向键转动视角，加号和减号缩放，Home 键回到正前方，空格键暂停。按问号键查看全部快捷键。",
    ahead: "回到正前方",
    aheadKey: "回到正前方（Home）",
    channels: "频道",
    play: "走进现场",
    retry: "立即重试",
    latency: "从镜头到屏幕的延迟",
    latencyWhy: "端到端延迟：从镜头到您的屏幕",
    bar: "播放控制",
    panel: "详情",
  },
);

/** Write them, and say in which language the page speaks. */
export function labelPage(): void {
  document.documentElement.lang = locale;
  for (const id of ["words", "headline"]) text(id, say.connecting);
  name("sky", say.sky);
  byId("sky", HTMLElement).setAttribute("aria-roledescription", say.skyRole);
  text("keys", say.keys);
  name("compass", say.ahead, say.aheadKey);
  name("choices", say.channels);
  text("play", say.play);
  text("retry", say.retry);
  name("latency", say.latency, say.latencyWhy);
  name("bar", say.bar);
  name("panel", say.panel);
}

function text(id: string, words: string): void {
  setText(byId(id, HTMLElement), words);
}

function name(id: string, words: string, title?: string): void {
  const element = byId(id, HTMLElement);
  element.setAttribute("aria-label", words);
  if (title) element.title = title;
}
