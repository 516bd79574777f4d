import { expect, test, vi } from "vitest";
import pipeline from "../../../vrlive/pipeline.py?raw";
import models from "../../../vrlive/api/models.py?raw";
import type { ChannelState } from "../src/api";

vi.stubGlobal("navigator", { languages: ["zh-CN"] });

const words = (text: string): string[] => [...text.matchAll(/"([^"]+)"/g)].map(([, word]) => word!);
const STAGES = words(/name in \((.*)\)\}/.exec(pipeline)![1]!);
const ENGINE = words(/^EnginePhase = Literal\[(.*)\]$/m.exec(models)![1]!) as ChannelState["engine"]["state"][];
const CAMERA = words(/^CameraPhase = Literal\[(.*)\]$/m.exec(models)![1]!) as ChannelState["cameras"][0]["state"][];

test("the details speak Chinese: stages, cameras' faults and the engine, too", async () => {
  const { sections } = await import("../src/ui/panel");
  const stage = { median_ms: 1, p95_ms: 2, frames: 3, dropped: 0 };
  const camera = { fps: 30, size: "1280x720", reconnects: 0, fault: "no answer within 5 s" };
  const channel = {
    name: "demo",
    size: "3840x1920",
    fps: 30,
    viewers: 1,
    stages: STAGES.map((name) => ({ ...stage, name })),
    cameras: CAMERA.map((state, n) => ({ ...camera, name: String(n), state })),
  };
  const here = { latencyMs: 80, decodedFps: null, size: "0x0", packetsLost: 0, clockMs: null, feed: "clean" } as const;
  expect([STAGES.length, ENGINE.length, CAMERA.length]).toEqual([6, 4, 4]);
  for (const state of ENGINE) {
    const shown = sections({ ...channel, engine: { state, restarts: 2 } } as unknown as ChannelState, here);
    const said = shown.flatMap(([title, rows]) => [title, ...rows.flatMap(([name, value]) => [name, value])]);
    expect(said.join("\n").replace(/\b(fps|ms)\b/g, "")).not.toMatch(/[a-z]{2}/i);
  }
});
