import { expect, test } from "vitest";
import { askForSphere, grantsSphere } from "../src/link/sphere";

const OFFER = [
  "v=0",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
  "a=rtpmap:96 H264/90000",
  "a=rtpmap:97 rtx/90000",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 0",
  "a=mid:1",
  "a=rtpmap:111 opus/48000/2",
  "a=rtpmap:0 PCMU/8000",
  "",
].join("\r\n");

test("the sphere of sound is asked for first, under a number that nothing else has", () => {
  const asked = askForSphere(OFFER);
  expect(asked).toContain("m=audio 9 UDP/TLS/RTP/SAVPF 98 111 0\r\n");
  expect(asked).toContain(
    "a=mid:1\r\na=rtpmap:98 multiopus/48000/4\r\na=fmtp:98 channel_mapping=0,1,2,3;coupled_streams=0;num_streams=4\r\na=rtpmap:111 opus",
  );
  expect(asked.replace(/a=(rtpmap|fmtp):98.*\r\n/g, "").replace(" 98 ", " ")).toBe(OFFER);
});

test("where all numbers are taken the offer stays as it was", () => {
  const full = Array.from({ length: 32 }, (_, n) => `a=rtpmap:${96 + n} H264/90000\r\n`).join("");
  expect(askForSphere(OFFER + full)).toBe(OFFER + full);
});

test("an answer grants it or does not", () => {
  expect(grantsSphere("m=audio 9 UDP/TLS/RTP/SAVPF 98\r\na=rtpmap:98 multiopus/48000/4\r\n")).toBe(true);
  expect(grantsSphere("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n")).toBe(false);
});
