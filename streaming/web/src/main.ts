/** Starts the page at / and /watch/<channel>. */

import "./style.css";
import { channelOf, listChannels } from "./api";
import { phrases } from "./language";
import { byId, setText } from "./ui/dom";
import { labelPage } from "./ui/labels";
import { Viewer } from "./viewer";

const ASK_AGAIN_MS = 3000;

const say = phrases(
  {
    refused: "It cannot play here",
    noWebGl: "This browser cannot draw the room (no WebGL 2).",
    nothing: "Nothing on air",
    nothingWhy: "A show will appear here when it begins.",
    silent: "No answer",
    silentWhy: "The server does not answer. Asking again.",
  },
  {
    refused: "此处无法播放",
    noWebGl: "此浏览器无法显示全景（不支持 WebGL 2）。",
    nothing: "暂无直播",
    nothingWhy: "开播后会自动在此播放。",
    silent: "没有响应",
    silentWhy: "服务器没有响应，正在重试。",
  },
);

labelPage();
dress();
void start();

/** Colours of the visitor's own choice have rules of their own, which nobody else loads. */
function dress(): void {
  const forced = matchMedia("(forced-colors: active)");
  if (forced.matches) void import("./forced.css");
  else forced.addEventListener("change", dress, { once: true });
}

async function start(): Promise<void> {
  const name = channelOf(location.pathname) ?? channelOf(canonicalPath()) ?? (await firstChannel());
  try {
    new Viewer(name).start();
  } catch (fault) {
    show(say.refused, say.noWebGl);
    console.warn(fault);
  }
}

/** Where the server says that this page lives: at / it shows the first channel. */
function canonicalPath(): string {
  const link = document.querySelector<HTMLLinkElement>("link[rel=canonical]");
  return link ? new URL(link.href).pathname : "";
}

/** The first channel there is; waits for one while there is none. */
async function firstChannel(): Promise<string> {
  for (;;) {
    try {
      const [first] = await listChannels();
      if (first) return first.name;
      show(say.nothing, say.nothingWhy);
    } catch {
      show(say.silent, say.silentWhy);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

function show(title: string, detail: string): void {
  byId("card", HTMLElement).classList.add("shown");
  byId("card", HTMLElement).setAttribute("aria-hidden", "false");
  setText(byId("words", HTMLElement), title);
  setText(byId("headline", HTMLElement), title);
  setText(byId("detail", HTMLElement), detail);
}
