/** A WHIP client (RFC 9725): POST the offer, hear the answer, PATCH candidates that were found meanwhile, and DELETE at the end. */

import { Refused, end, post, preferH264, servers, trickle } from "./whep";
import { why } from "./why";

const LARGEST_BPS = 8_000_000; // of a picture: browsers stop at a third of that by themselves

export interface Publication {
  readonly connection: RTCPeerConnection;
  close(): void;
}

/** Channel and camera in the address of the page, /publish/<channel>/<camera>. */
export function cameraOf(path: string): { channel: string; camera: string } | null {
  const [, channel, camera] = /^\/publish\/([^/]+)\/([^/]+)\/?$/.exec(path) ?? [];
  return channel && camera ? { channel: decodeURIComponent(channel), camera: decodeURIComponent(camera) } : null;
}

/**
 * Publish what a camera sees and a microphone hears.
 *
 * @throws Refused when the browser cannot, or the server does not want to; its message is for people
 */
export async function publish(endpoint: string, token: string, media: MediaStream, signal: AbortSignal): Promise<Publication> {
  const authorization = { Authorization: `Bearer ${token}` };
  const connection = new RTCPeerConnection({ iceServers: await servers(endpoint, authorization, signal) });
  try {
    for (const track of media.getTracks()) {
      const transceiver = connection.addTransceiver(track, { direction: "sendonly", streams: [media] });
      if (track.kind === "video") await sendWhole(transceiver);
    }
    await connection.setLocalDescription();
    const { answer, address, tag } = await post(endpoint, authorization, connection.localDescription?.sdp ?? "", signal);
    await connection.setRemoteDescription({ type: "answer", sdp: answer });
    void trickle(connection, address, { ...authorization, "If-Match": tag ?? "" }, signal);
    return { connection, close: () => end(connection, address, authorization) };
  } catch (fault) {
    connection.close();
    throw fault;
  }
}

/** H.264 at the size of the camera: a stitcher would rather have fewer pictures than smaller ones. */
async function sendWhole(transceiver: RTCRtpTransceiver): Promise<void> {
  const codecs = preferH264(RTCRtpSender.getCapabilities("video")?.codecs ?? []);
  if (!codecs) throw new Refused(why.noSend, null, false);
  transceiver.setCodecPreferences(codecs);
  const parameters = transceiver.sender.getParameters();
  for (const encoding of parameters.encodings) encoding.maxBitrate = LARGEST_BPS;
  await transceiver.sender.setParameters({ ...parameters, degradationPreference: "maintain-resolution" } as RTCRtpSendParameters);
}
