/**
 * The picture all around: handed to the headset's compositor as a media layer where there are such, which is sharper and costs no drawing;
 * otherwise drawn, a ray for each pixel of each eye.
 */

import { Group, type WebGLRenderer } from "three";
import type { Layout } from "../sky/layout";
import { SkyMaterial, followCameras, skyMesh, videoPicture } from "../sky/material";

export interface Surround {
  readonly kind: "layer" | "drawn";
  /** To be drawn with everything else. */
  readonly group: Group;
  /** The visitor has been turned. */
  follow(space: XRReferenceSpace): void;
  dispose(): void;
}

const WIDTHS: Readonly<Partial<Record<Layout["projection"], number>>> = { equirect: 2 * Math.PI, vr180: Math.PI };

/** A layer of the compositor's own, below what is drawn; null where that cannot be. */
export function layered(session: XRSession, video: HTMLVideoElement, layout: Layout, renderer: WebGLRenderer): Surround | null {
  const [space, base, width] = [renderer.xr.getReferenceSpace(), renderer.xr.getBaseLayer(), WIDTHS[layout.projection]];
  if (!session.enabledFeatures?.includes("layers") || typeof XRMediaBinding === "undefined" || !width || !space || !base) return null;
  const make = (where: XRSpace): XREquirectLayer => {
    const layer = new XRMediaBinding(session).createEquirectLayer(video, {
      space: where,
      layout: layout.stereo === "top-bottom" ? "stereo-top-bottom" : "mono",
      centralHorizontalAngle: width,
      upperVerticalAngle: Math.PI / 2,
      lowerVerticalAngle: -Math.PI / 2,
      radius: 0, // infinitely far
    });
    session.updateRenderState({ layers: [layer, base] });
    return layer;
  };
  let layer: XREquirectLayer;
  try {
    layer = make(space);
  } catch (fault) {
    console.info("no media layer, the picture is drawn instead:", fault); // a video without a picture yet, or one that no compositor may have
    return null;
  }
  const renew = (): void => {
    const old = layer;
    layer = make(old.space);
    old.destroy();
  };
  video.addEventListener("resize", renew); // another rendition: the layer was made for the old size
  return {
    kind: "layer",
    group: new Group(),
    follow: (moved) => {
      layer.space = moved;
    },
    dispose: () => {
      video.removeEventListener("resize", renew);
      layer.destroy();
    },
  };
}

export function drawn(video: HTMLVideoElement, layout: Layout): Surround {
  const picture = videoPicture(video);
  const material = new SkyMaterial(picture);
  material.layout = layout;
  const mesh = skyMesh(material);
  followCameras(mesh);
  return {
    kind: "drawn",
    group: new Group().add(mesh),
    follow: () => undefined,
    dispose: () => {
      mesh.geometry.dispose();
      material.dispose();
      picture.dispose();
    },
  };
}
