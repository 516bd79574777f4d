/** Hand on an address: by the device's own sheet, else by the clipboard, else to be copied by hand. */

import { events } from "../events";
import { phrases } from "../language";
import { dialog } from "./dialog";
import { make } from "./dom";
import { toast } from "./toast";

const say = phrases(
  { copied: "Link copied: it leads to what you see", title: "Link to what you see", link: "Link" },
  { copied: "链接已复制，打开即是您现在的视角", title: "当前视角的链接", link: "链接" },
);

export async function share(url: string, title: string): Promise<void> {
  events.emit("share", { url });
  if (navigator.maxTouchPoints > 0 && navigator.canShare?.({ title, url })) {
    try {
      return await navigator.share({ title, url });
    } catch (fault) {
      if (fault instanceof DOMException && fault.name === "AbortError") return; // the visitor thought better of it
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    toast(say.copied);
  } catch {
    show(url); // no secure context, or a frame without permission
  }
}

function show(url: string): void {
  const { element, body } = dialog("share", say.title);
  const field = make("input");
  field.type = "text";
  field.readOnly = true;
  field.value = url;
  field.setAttribute("aria-label", say.link);
  body.append(field);
  element.addEventListener("close", () => element.remove());
  element.showModal();
  field.select();
}
