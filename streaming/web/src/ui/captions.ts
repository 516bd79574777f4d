/** Captions over the sky: the video element itself is not seen, so its text tracks are read and shown here. */

import { toggle } from "../settings";
import { wordsOf } from "./cues";
import { byId, setText } from "./dom";
import { Said, type Source } from "./said";

const captionsWanted = toggle("captions", false);

export function switchCaptions(): void {
  captionsWanted.value = !captionsWanted.value;
}

export class Captions {
  private readonly element = byId("captions", HTMLElement);
  private readonly tracks: TextTrackList;

  /**
   * @param source tells what is said
   * @param onChange called when there is a track, or none any more, and when captions are switched
   */
  constructor(video: HTMLVideoElement, source: Source, onChange: (offered: boolean, on: boolean) => void) {
    this.tracks = video.textTracks;
    const look = (): void => {
      for (const track of this.spoken()) {
        track.mode = captionsWanted.value ? "hidden" : "disabled"; // hidden: its cues are told, and we show them
        track.oncuechange = () => this.show();
      }
      this.show();
      onChange(this.spoken().length > 0, captionsWanted.value);
    };
    for (const name of ["addtrack", "removetrack"] as const) this.tracks.addEventListener(name, look);
    captionsWanted.follow(look);
    look();
    new Said(video, source, () => this.show());
  }

  private spoken(): TextTrack[] {
    return [...this.tracks].filter((each) => each.kind === "captions" || each.kind === "subtitles");
  }

  private show(): void {
    const spoken = captionsWanted.value ? this.spoken().filter((each) => each.activeCues?.length) : [];
    const lines = spoken.flatMap((each) => [...each.activeCues!].map(wordsOf));
    setText(this.element, lines.join("\n"));
    this.element.lang = spoken[0]?.language ?? "";
    this.element.hidden = lines.length === 0;
  }
}
