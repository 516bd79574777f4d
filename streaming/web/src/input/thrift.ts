/** Less of everything where data or the battery is dear: the smallest picture, drawn half as often. */

import { choice, text } from "../settings";

const LOW = 0.2; // of the battery

/** Automatic: as the browser's own data saver says. */
export const saver = choice<"auto" | "on" | "off">("data-saver", "auto", ["auto", "on", "off"]);
/** The size the visitor chose last, by name; it is wished for wherever it is offered. */
export const quality = text("quality", "auto", /^\d{2,5}x\d{2,5}$/);

interface Battery extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** Where browsers tell it (none of Apple's or Mozilla's does). */
type Device = Navigator & { connection?: EventTarget & { saveData?: boolean }; getBattery?: () => Promise<Battery> };

export function savesData(): boolean {
  return saver.value === "on" || (saver.value === "auto" && (navigator as Device).connection?.saveData === true);
}

/** The rendition to wish for: names like 1920x960, the largest first. */
export function wishFor(wanted: string, saving: boolean, offered: readonly string[]): string {
  if (saving) return offered.at(-1) ?? "auto";
  return offered.includes(wanted) ? wanted : "auto";
}

export function batteryIsLow(battery: Pick<Battery, "charging" | "level">): boolean {
  return !battery.charging && battery.level <= LOW;
}

/** Call `onChange` now and whenever it has changed whether to be thrifty with drawing, or with data. */
export async function followThrift(onChange: (thrift: { data: boolean; drawing: boolean }) => void): Promise<void> {
  const device = navigator as Device;
  let battery: Battery | null = null;
  const look = (): void => onChange({ data: savesData(), drawing: savesData() || (battery !== null && batteryIsLow(battery)) });
  saver.follow(look);
  device.connection?.addEventListener?.("change", look);
  look();
  try {
    battery = (await device.getBattery?.()) ?? null;
  } catch {
    return; // a frame without permission
  }
  for (const name of ["levelchange", "chargingchange"]) battery?.addEventListener(name, look);
  look();
}
