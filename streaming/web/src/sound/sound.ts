/** What is heard: muted at first, as browsers want it; by the video element, or turned with the view where the sphere of sound comes. */

import "./sound.css";
import { phrases } from "../language";
import type { Session } from "../link/whep";
import { number } from "../settings";
import { byId, icon, make } from "../ui/dom";
import { Sphere } from "./sphere";
import { volumeSticks } from "./volume";

const say = phrases({ on: "Turn the sound on", volume: "Volume" }, { on: "打开声音", volume: "音量" });

const SPEAKER = ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5Z", "M16 9.5l5 5M21 9.5l-5 5"];

export class Sound {
  muted = true;
  /** Plays the sphere; null while it is stereo that comes. */
  sphere: Sphere | null = null;
  private readonly volume = number("volume", 1, 0, 1);
  private readonly pill = make("button");
  private readonly slider = make("input");
  private readonly sticks: boolean; // the volume of the element
  private session: Session | null = null;
  private invited = true; // until the visitor has once decided
  private view = { yaw: 0, pitch: 0, roll: 0 };

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onToggle: () => void,
  ) {
    this.sticks = volumeSticks(video);
    this.pill.id = "sound";
    this.pill.type = "button";
    this.pill.hidden = true;
    this.pill.append(icon(...SPEAKER), make("span", "", say.on));
    this.pill.addEventListener("click", this.onToggle);
    byId("stage", HTMLElement).append(this.pill);
    Object.assign(this.slider, { id: "volume", type: "range", min: "0", max: "1", step: "0.05", value: String(this.volume.value) });
    this.slider.setAttribute("aria-label", say.volume);
    this.slider.hidden = true;
    this.slider.addEventListener("input", () => (this.volume.value = Number(this.slider.value)));
    this.volume.follow(() => this.apply());
    video.addEventListener("volumechange", () => this.apply());
  }

  /** The slider, for the bar of buttons. */
  get control(): HTMLElement {
    return this.slider;
  }

  toggle(): void {
    this.muted = !this.muted;
    this.invited = false;
    this.apply();
  }

  /** @param available whether there is anything to hear */
  show(session: Session | null, available: boolean): void {
    if (session !== this.session) this.follow(session);
    this.pill.hidden = !(available && this.muted && this.invited);
    this.slider.hidden = !available || this.muted || !(this.sticks || this.sphere);
    this.apply();
  }

  /** The head is turned so (radians). */
  turn(yaw: number, pitch: number, roll = 0): void {
    this.view = { yaw, pitch, roll };
    this.sphere?.turn(this.view);
  }

  private follow(session: Session | null): void {
    this.session = session;
    this.sphere?.close();
    const track = session?.sphere ? session.stream.getAudioTracks()[0] : undefined;
    this.sphere = track && session ? new Sphere(track, () => this.view, () => this.goWithout(session)) : null;
  }

  /** The sphere cannot be played after all: the element is heard, and the session ends, for the next one brings stereo. */
  private goWithout(session: Session): void {
    if (session !== this.session) return;
    this.sphere?.close();
    this.sphere = null;
    this.apply();
    const { connection } = session;
    const end = (): void => void (connection.connectionState === "connected" && connection.close()); // before, it would look like a network that lets nothing through
    connection.addEventListener("connectionstatechange", end);
    end();
  }

  private apply(): void {
    const muted = this.muted || this.sphere !== null; // the element plays the sphere without a sound, or nothing is decoded
    if (this.video.muted !== muted) this.video.muted = muted;
    if (this.video.volume !== this.volume.value) this.video.volume = this.volume.value;
    if (this.sphere) this.sphere.volume = this.muted ? 0 : this.volume.value;
  }
}
