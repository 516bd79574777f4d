/** Addresses that say where to look: `?t=&yaw=&pitch=&fov=&product=`. Pure. What makes no sense in one is as if it were not there. */

/** What an address asks for. Angles are degrees, as in the address. */
export interface DeepLink {
  /** The instant of the replay, Unix seconds. */
  readonly t: number | null;
  readonly yawDeg: number | null;
  readonly pitchDeg: number | null;
  /** Across the longer side of the window. */
  readonly fovDeg: number | null;
  /** A product by its id, or a garment by its name. */
  readonly product: string | null;
}

const LONGEST_ID = 200;

/** @param search the part of an address from “?” on */
export function readDeepLink(search: string): DeepLink {
  const asked = new URLSearchParams(search);
  const product = asked.get("product");
  return {
    t: number(asked.get("t"), 0, 1e11),
    yawDeg: number(asked.get("yaw"), -3600, 3600),
    pitchDeg: number(asked.get("pitch"), -90, 90),
    fovDeg: number(asked.get("fov"), 1, 360),
    product: product && product.length <= LONGEST_ID ? product : null,
  };
}

/** The address that leads others to the same place. It carries no token: who shares a view does not share their right to watch. */
export function deepLink(origin: string, path: string, link: DeepLink): string {
  const url = new URL(path, origin);
  const add = (name: string, value: number | null, digits: number): void => {
    if (value !== null) url.searchParams.set(name, String(Number(value.toFixed(digits)) + 0));
  };
  add("t", link.t, 1);
  add("yaw", link.yawDeg, 1);
  add("pitch", link.pitchDeg, 1);
  add("fov", link.fovDeg, 0);
  if (link.product !== null) url.searchParams.set("product", link.product);
  return url.href;
}

function number(text: string | null, least: number, most: number): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
