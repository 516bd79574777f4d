import { expect, test } from "vitest";
import { lateCandidates, preferH264, refusal } from "../src/link/whep";

const CODECS = ["video/VP8", "video/rtx", "video/H264", "video/AV1", "video/H264", "video/red"].map((mimeType, index) => ({ mimeType, index }));

test("H.264 is asked for first, with its retransmissions, and nothing else", () => {
  expect(preferH264(CODECS)?.map((each) => each.index)).toEqual([2, 4, 1]);
});

test("a browser without H.264 is found out before the server is asked", () => {
  expect(preferH264(CODECS.filter((each) => each.mimeType !== "video/H264"))).toBeNull();
});

test("a full house is worth coming back to, when the server says so", () => {
  expect(refusal(503, null, 7)).toMatchObject({ retryAfterS: 7, worthRetrying: true });
});

test("a channel that is not there may come, a closed door stays closed", () => {
  expect(refusal(404, null, null).worthRetrying).toBe(true);
  expect(refusal(403, null, null).worthRetrying).toBe(false);
  expect(refusal(400, "The offer has no video.", null)).toMatchObject({ message: "The offer has no video.", worthRetrying: false });
});

const DESCRIBED = ["v=0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=ice-ufrag:Ab1", "a=ice-pwd:secret", "a=mid:0"];
const RELAYED = "a=candidate:3 1 udp 8265471 203.0.113.9 50000 typ relay raddr 0.0.0.0 rport 0";

test("candidates that came late are told with whose they are", () => {
  const fragment = lateCandidates([...DESCRIBED, "a=candidate:1 1 udp 2113937151 3f2a.local 54321 typ host", RELAYED, ""].join("\r\n"));
  expect(fragment).toBe(["a=ice-ufrag:Ab1", "a=ice-pwd:secret", "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:0", RELAYED, ""].join("\r\n"));
});

test("where all candidates are the browser's secret there is nothing to tell", () => {
  expect(lateCandidates([...DESCRIBED, "a=candidate:1 1 udp 2113937151 3f2a.local 54321 typ host"].join("\r\n"))).toBeNull();
});
