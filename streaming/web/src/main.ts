/** Starts the page at / and /watch/<channel>. */

import "./style.css";
import { channelOf, listChannels } from "./api";
import { byId, setText } from "./ui/dom";
import { Viewer } from "./viewer";

const ASK_AGAIN_MS = 3000;

void start();

async function start(): Promise<void> {
  const name = channelOf(location.pathname) ?? (await firstChannel());
  try {
    new Viewer(name).start();
  } catch (fault) {
    show("It cannot play here", "This browser cannot draw the room (no WebGL 2).");
    console.warn(fault);
  }
}

/** The first channel there is; waits for one while there is none. */
async function firstChannel(): Promise<string> {
  for (;;) {
    try {
      const [first] = await listChannels();
      if (first) return first.name;
      show("Nothing on air", "A show will appear here when it begins.");
    } catch {
      show("No answer", "The server does not answer. Asking again.");
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
