/** Asks for the sphere of sound in an offer: `multiopus`, which Chromium decodes but does not offer by itself. No RFC describes it. Pure. */

const LINE = "multiopus/48000/4";
const PARAMETERS = "channel_mapping=0,1,2,3;coupled_streams=0;num_streams=4";

/** The offer with multiopus before its other sound; as it was where there is no room for it. */
export function askForSphere(sdp: string): string {
  const used = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) /gm)].map((found) => Number(found[1])));
  const free = Array.from({ length: 32 }, (_, n) => 96 + n).find((n) => !used.has(n));
  if (free === undefined) return sdp;
  return sdp
    .replace(/^(m=audio \d+ \S+) /m, `$1 ${free} `)
    .replace(/^(m=audio[^]*?)(a=rtpmap)/m, `$1a=rtpmap:${free} ${LINE}\r\na=fmtp:${free} ${PARAMETERS}\r\n$2`);
}

/** Whether an answer grants it. */
export function grantsSphere(sdp: string): boolean {
  return sdp.toLowerCase().includes(` ${LINE}`);
}
