/** What the page says about the stream: the line under the title, the card over an empty sky, the spoken announcement. */

import { type ChannelName, watchPath } from "../api";
import { byId, make, setText } from "./dom";
import { phrases } from "../language";
import type { Words } from "./words";

const say = phrases(
  { spoken: (title: string, detail: string) => `${title}. ${detail}` },
  { spoken: (title, detail) => `${title}。${detail}` },
);

export class Status {
  private readonly line = byId("status", HTMLElement);
  private readonly words = byId("words", HTMLElement);
  private readonly card = byId("card", HTMLElement);
  private readonly orb = byId("orb", HTMLElement);
  private readonly headline = byId("headline", HTMLElement);
  private readonly detail = byId("detail", HTMLElement);
  private readonly choices = byId("choices", HTMLElement);
  private readonly play = byId("play", HTMLButtonElement);
  private readonly retry = byId("retry", HTMLButtonElement);
  private readonly live = byId("live", HTMLElement);
  private offered = "";

  /** @param answer does what is asked for */
  constructor(answer: () => void) {
    for (const each of [this.play, this.retry]) each.addEventListener("click", answer);
  }

  /** @param covered whether there is no picture that could be looked at meanwhile */
  show(said: Words, covered: boolean, asks: "play" | "retry" | "replay" | null): void {
    this.line.dataset["tone"] = said.tone;
    setText(this.words, said.title);
    this.line.title = said.detail;
    const carded = covered || said.tone === "fault" || asks !== null;
    this.card.classList.toggle("shown", carded);
    this.card.setAttribute("aria-hidden", String(!carded));
    this.orb.hidden = said.tone === "fault" || asks === "play" || asks === "replay" || !covered;
    setText(this.headline, said.title);
    setText(this.detail, said.detail);
    this.play.hidden = asks !== "play";
    this.retry.hidden = asks !== "retry";
    this.announce(said);
  }

  /** Offer other channels on the card, or none. */
  offer(channels: readonly ChannelName[]): void {
    const offered = JSON.stringify(channels);
    if (offered === this.offered) return; // who walks through them by keyboard stays where they are
    this.offered = offered;
    this.choices.replaceChildren(
      ...channels.map((each) => {
        const link = make("a", "", each.title || each.name);
        link.href = watchPath(each.name);
        return link;
      }),
    );
  }

  /** Speak what changed, but not each second of a countdown. */
  private announce(said: Words): void {
    const title = said.spoken ?? said.title;
    setText(this.live, said.detail ? say.spoken(title, said.detail) : title);
  }
}
