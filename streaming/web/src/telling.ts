/** What is said of the show, and what the visitor can do about it: the same on the card, in a headset, and for the page around ours. */

import type { ChannelState } from "./api";
import type { Said } from "./headset/saying";
import type { Frames } from "./link/frames";
import type { Player } from "./link/player";
import type { Playhead } from "./replay/playhead";
import { type Words, onScreen, pausedWords, words } from "./ui/words";

export class Telling {
  constructor(
    private readonly player: Player,
    private readonly playhead: Playhead,
    private readonly frames: Frames,
    private readonly channel: () => ChannelState | null | undefined,
  ) {}

  get words(): Words {
    if (this.playhead.still) return pausedWords();
    return words(this.player.link, this.channel(), performance.now(), this.playhead.around);
  }

  /** What the visitor may do about how it is. */
  get asks(): Said["asks"] {
    const link = this.player.link.kind;
    if (link === "blocked" || (this.playhead.still && this.frames.presented === 0)) return "play";
    return this.playhead.offersReplay ? "replay" : link === "waiting" ? "retry" : null;
  }

  /** For who wears a headset, where there is no bar to go on with. */
  get said(): Said {
    const { player, playhead, asks } = this;
    const goes = player.stream ? !player.dry : player.link.kind === "playing" && onScreen(this.channel());
    const passes = goes && !playhead.paused && this.frames.presented > 0;
    return { ...this.words, asks: asks ?? (playhead.still ? "play" : null), passes };
  }

  /** Do it, or go on with what is held still. */
  answer(): void {
    const { asks } = this;
    if (asks === "replay") this.playhead.replay();
    else if (this.playhead.paused) this.playhead.toggle();
    else if (asks === "play") void this.player.play();
    else this.player.retryNow();
  }
}
