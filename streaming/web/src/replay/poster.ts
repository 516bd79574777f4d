/** A still of the show behind the words, until the picture comes. */

import { byId, make } from "../ui/dom";

export async function showPoster(channel: string, token: string | null): Promise<void> {
  try {
    const headers: Record<string, string> = token === null ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`/api/v1/channels/${encodeURIComponent(channel)}/poster.jpg`, { headers, priority: "low" });
    if (response.status !== 200) return; // no picture yet
    const url = URL.createObjectURL(await response.blob());
    const still = new Image();
    still.src = url;
    await still.decode();
    const poster = make("div");
    poster.id = "poster";
    poster.setAttribute("aria-hidden", "true");
    poster.style.backgroundImage = `url(${url})`;
    byId("sky", HTMLElement).before(poster);
    requestAnimationFrame(() => poster.classList.add("shown"));
    poster.addEventListener("transitionend", () => {
      if (!document.querySelector(".seen")) return;
      poster.remove();
      URL.revokeObjectURL(url);
    });
  } catch {
    // the page does without
  }
}
