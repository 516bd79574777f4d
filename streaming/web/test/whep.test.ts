import { expect, test } from "vitest";
import { preferH264, refusal } from "../src/link/whep";

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
