import { expect, test } from "vitest";
import { type Mark, type Page, barPage, cardPage, markAt, noticePage, phonePage, pinPage, wrap } from "../src/headset/card";
import { Flick } from "../src/headset/comfort";
import { DWELL_MS, Dwell } from "../src/headset/dwell";
import { Fitting } from "../src/headset/fitting";
import { gazeOf } from "../src/headset/gaze";
import { readPoses } from "../src/garments/news";
import { LOBE, harmonics, irradiance, readLight, withLamps } from "../src/garments/harmonics";
import { radianceRows } from "../src/garments/lighting";
import { ROUGHNESS, SIDE, mirrored } from "../src/garments/mirror";
import { Moments } from "../src/garments/moments";
import { Nods } from "../src/headset/nod";
import { Linger, Spell } from "../src/headset/saying";
import { Piece } from "../src/garments/wardrobe";
import { Euler, Matrix4, Vector3 } from "three";
import type { Product } from "../src/products/show";

const wide = (text: string): number => text.length * 24;

const SIZES = ["XS", "S", "M", "L", "XL", "XXL"].map((size, n) => ({ size, sku: `COAT-${size}`, stock: n }));
const COAT: Product = {
  id: "coat",
  name: "Belted double-breasted wool coat with a shawl collar and turned-up cuffs",
  brand: "Maison",
  description: "",
  price: { amount: 45900, currency: "EUR" },
  link: null,
  images: [],
  garment: "coat",
  variants: ["camel", "ink", "moss", "rose"].map((id) => ({ id, name: id, gltfVariant: id, price: null, image: null, swatch: "#c19a6b", sizes: SIZES })),
};
const CHOICE = { variant: COAT.variants[0]!, size: SIZES[3]!, added: false, fault: "" };

function expectApart(page: Page): void {
  for (const [n, a] of page.marks.entries()) {
    expect(a.box.x).toBeGreaterThanOrEqual(0);
    expect(a.box.x + a.box.width).toBeLessThanOrEqual(page.width);
    expect(a.box.y + a.box.height).toBeLessThanOrEqual(page.height);
    for (const b of page.marks.slice(n + 1)) {
      const apart = a.box.x + a.box.width <= b.box.x || b.box.x + b.box.width <= a.box.x || a.box.y + a.box.height <= b.box.y || b.box.y + b.box.height <= a.box.y;
      expect(apart, `${JSON.stringify(a)} lies over ${JSON.stringify(b)}`).toBe(true);
    }
  }
}

const middle = ({ box }: Mark): [number, number] => [box.x + box.width / 2, box.y + box.height / 2];
const named = (page: Page, id: string): Mark => page.marks.find((each) => "id" in each && each.id === id)!;

test("nothing on a card lies over anything else, and a long name is cut", () => {
  for (const page of [cardPage(COAT.name, COAT, CHOICE, wide), phonePage(COAT.name, "https://example.org/watch/a?product=coat", [[true]], wide), barPage(true, true)]) {
    expectApart(page);
  }
  const texts = cardPage(COAT.name, COAT, CHOICE, wide).marks.flatMap((each) => (each.kind === "text" ? [each.text] : []));
  expect(texts.filter((each) => each.endsWith("…"))).toHaveLength(1);
});

test("what is sold out or not chosen cannot be hit; all else can", () => {
  const page = cardPage(COAT.name, COAT, { ...CHOICE, size: null }, wide);
  const hit = (id: string): string | null => markAt(page, ...middle(named(page, id)));
  expect(hit("size:COAT-XS")).toBeNull();
  expect(hit("add")).toBeNull();
  for (const id of ["close", "variant:ink", "size:COAT-M", "phone"]) expect(hit(id)).toBe(id);
  expect(markAt(page, 2, 2)).toBeNull();
  const chosen = cardPage(COAT.name, COAT, CHOICE, wide);
  expect(markAt(chosen, ...middle(named(chosen, "add")))).toBe("add");
});

test("what is sold without sizes can be put into the bag", () => {
  for (const variants of [[], COAT.variants.map((each) => ({ ...each, sizes: [] }))]) {
    const page = cardPage("Scarf", { ...COAT, variants }, { variant: variants[0] ?? null, size: null, added: false, fault: "" }, wide);
    expect(markAt(page, ...middle(named(page, "add")))).toBe("add");
    expectApart(page);
  }
});

test("a thing that is not sold has a name and a way back", () => {
  const page = cardPage("Rail", null, { variant: null, size: null, added: false, fault: "" }, wide);
  expect(page.marks.flatMap((each) => ("id" in each ? [each.id] : []))).toEqual(["close"]);
});

test("the code's address is shown without its token", () => {
  const page = phonePage("Coat", "https://example.org/watch/a?product=coat#token=secret", [[true]], wide);
  expect(JSON.stringify(page)).not.toContain("secret");
  expect(JSON.stringify(page)).toContain("example.org/watch/a?product=coat");
});

test("lines break between words, Chinese anywhere, and a word that is too long within", () => {
  expect(wrap("a belted wool coat", 240, 3, wide)).toEqual(["a belted", "wool coat"]);
  expect(wrap("羊毛系带大衣外套", 120, 2, wide)).toEqual(["羊毛系带大", "衣外套"]);
  for (const line of wrap("https://example.org/watch/showroom?product=coat", 240, 3, wide)) expect(wide(line)).toBeLessThanOrEqual(240);
});

test("a change waits for its picture, and those of one instant keep their order", () => {
  const done: string[] = [];
  const moments = new Moments();
  moments.add(200, () => done.push("c"));
  moments.add(100, () => done.push("a"));
  moments.add(100, () => done.push("b"));
  moments.reach(99);
  expect(done).toEqual([]);
  moments.reach(150);
  expect(done).toEqual(["a", "b"]);
  moments.reach(null); // no capture times in this browser: nothing is held back
  expect(done).toEqual(["a", "b", "c"]);
});

const nod = (nods: Nods, startMs: number, depth = 0.25, ms = 400): boolean => {
  let yes = false;
  for (let t = 0; t <= ms; t += 20) yes = nods.note(-depth * Math.sin((Math.PI * t) / ms), startMs + t) || yes;
  return yes;
};

test("two nods are a yes; one, a slow look down and small bobs are none", () => {
  expect([nod(new Nods(), 0)]).toEqual([false]);
  const nods = new Nods();
  expect([nod(nods, 0), nod(nods, 500), nod(nods, 1000)]).toEqual([false, true, false]);
  const slow = new Nods();
  expect([nod(slow, 0, 0.4, 2600), nod(slow, 2700, 0.4, 2600)]).toEqual([false, false]);
  const bobbing = new Nods();
  expect([nod(bobbing, 0, 0.06), nod(bobbing, 500, 0.06)]).toEqual([false, false]);
  const late = new Nods();
  expect([nod(late, 0), nod(late, 3000)]).toEqual([false, false]);
});

test("a gaze chooses once after its time, forgives a blink, and must leave before it chooses again", () => {
  const dwell = new Dwell();
  expect(dwell.note("a", 0)).toBe(0);
  expect(dwell.note("a", DWELL_MS / 2)).toBe(0.5);
  dwell.note(null, DWELL_MS / 2 + 100);
  expect(dwell.note("a", DWELL_MS)).toBe(1);
  expect(dwell.note("a", 3 * DWELL_MS)).toBe(0);
  dwell.note(null, 4 * DWELL_MS);
  dwell.note("a", 5 * DWELL_MS);
  expect(dwell.note("b", 5.5 * DWELL_MS)).toBe(0);
  expect(dwell.note("b", 6.5 * DWELL_MS)).toBe(1);
});

test("a stick that is held turns once", () => {
  const flick = new Flick();
  expect([0.2, 0.9, 1, 0.5, 0.9, 0.1, -0.8].map((x) => flick.note(x))).toEqual([0, 1, 0, 0, 0, 0, -1]);
});

test("where a head looks is said in the angles of the page", () => {
  const [wide, high] = [Math.tan(0.8), Math.tan(0.6)];
  const projection = new Matrix4().makePerspective(-wide, wide, high, -high, 1, 100);
  for (const [yaw, pitch, roll] of [[0, 0, 0], [2.5, 0.4, 0], [-1, -1.2, 0.7], [0.3, 0.1, -2]] as const) {
    const head = new Matrix4().makeRotationFromEuler(new Euler(pitch, -yaw, -roll, "YXZ")).setPosition(1, 1.6, 2);
    const gaze = gazeOf(head, projection);
    expect([gaze.yaw, gaze.pitch, gaze.roll, gaze.fov]).toEqual([yaw, pitch, roll, 1.6].map((each) => expect.closeTo(each, 6)));
  }
});

const room = (at: (x: number, y: number, z: number) => [number, number, number]) => {
  const [width, height] = [64, 32];
  const light = new Float32Array(3 * width * height);
  for (let n = 0; n < width * height; n += 1) {
    const [pitch, yaw] = [Math.PI * (0.5 - (Math.floor(n / width) + 0.5) / height), 2 * Math.PI * (((n % width) + 0.5) / width - 0.5)];
    light.set(at(Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch), -Math.cos(pitch) * Math.cos(yaw)), 3 * n);
  }
  return { width, height, light };
};

test("harmonics give back what a dull surface sees of a smooth room", () => {
  const light = harmonics(room((x, y, z) => [0.5, 0.5 + 0.3 * y, 0.4 - 0.2 * x + 0.1 * z]));
  const [r, g, b] = irradiance(light, 0.6, 0.8, 0);
  expect(r).toBeCloseTo(0.5, 2);
  expect(g).toBeCloseTo(0.5 + (2 / 3) * 0.3 * 0.8, 2);
  expect(b).toBeCloseTo(0.4 - (2 / 3) * 0.2 * 0.6, 2);
});

test("three is told the radiance: its own lobe gives the irradiance back", () => {
  const light = harmonics(room((x) => [1 + x, 1, 1]));
  for (const [n, row] of radianceRows(light).entries()) expect(row.x * LOBE[n]!).toBeCloseTo(light[n]![0], 6);
});

test("lamps that video clipped are given back, and a bright room is left as it is", () => {
  const lamp = room((_, y) => (y > 0.9 ? [1, 1, 1] : [0.1, 0.1, 0.1]));
  const lit = withLamps(lamp);
  expect(Math.max(...lit.light)).toBeGreaterThan(1.5);
  expect(lit.light[3 * 64 * 16]).toBeCloseTo(0.1, 2);
  const white = withLamps(room(() => [1, 1, 1]));
  expect(Math.max(...white.light)).toBeCloseTo(1, 5);
});

test("a mirror shows what lies in its direction, and rough ones the mean of the room", () => {
  const levels = mirrored(room((x, y, z) => [x > 0 ? 1 : 0, y > 0 ? 1 : 0, z > 0 ? 1 : 0]));
  expect(levels.map((each) => each.side)).toEqual([SIDE, SIDE / 2, SIDE / 4, SIDE / 8]);
  const centre = (face: number, level = 0): number[] => {
    const { side, faces } = levels[level]!;
    return [...faces[face]!.slice(4 * (side / 2) * (side + 1), 4 * (side / 2) * (side + 1) + 3)];
  };
  expect(centre(1)[0]).toBeCloseTo(1, 1); // a cube's axes are left-handed: its left face is our right
  expect(centre(0)[0]).toBeCloseTo(0, 1);
  expect(centre(2)[1]).toBeCloseTo(1, 1);
  expect(centre(4)[2]).toBeCloseTo(1, 1);
  expect(centre(5)[2]).toBeCloseTo(0, 1);
  expect(centre(5, 3)[2]).toBeGreaterThan(centre(5, 0)[2]! - 1e-6);
  expect(ROUGHNESS).toEqual([0, expect.closeTo(0.184, 2), expect.closeTo(0.423, 2), 1]);
});

test("messages of strangers are read with suspicion", () => {
  expect(readLight([[1, 2, 3]])).toBeNull();
  expect(readLight(Array.from({ length: 9 }, () => [1, 2, NaN]))).toBeNull();
  expect(readLight(Array.from({ length: 9 }, () => [1, 2, 3]))).toHaveLength(9);
  expect([...readPoses({ coat: { variant: "camel", matrix: [1], visible: 1 }, no: 3 })]).toEqual([["coat", { variant: "camel" }]]);
});

test("a garment comes near, faces who took it, turns, and stands on its place again when it is let go", () => {
  const piece = new Piece("coat", "camel");
  piece.place([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, -4, 1]);
  const fitting = new Fitting(false);
  fitting.take(piece, new Vector3(1, 0, 0), new Vector3(0, 0, 0));
  const passes = (seconds: number): boolean[] => Array.from({ length: Math.round(seconds * 20) }, () => fitting.advance(0.05));
  expect(passes(0.7)).not.toContain(true);
  const place = new Vector3().setFromMatrixPosition(piece.object.matrix);
  expect(place.distanceTo(new Vector3(1, 0, 0))).toBeCloseTo(0, 5);
  const face = new Vector3(0, 0, 1).transformDirection(piece.object.matrix);
  expect(face.x).toBeLessThan(-0.99); // to the viewer, who stands to its left
  passes(2);
  expect(new Vector3(0, 0, 1).transformDirection(piece.object.matrix).dot(face)).toBeLessThan(0.9);
  fitting.release();
  expect(passes(1).filter((each) => each)).toHaveLength(1);
  expect(piece.object.matrix.elements).toEqual(piece.matrix.elements);
  expect(piece.away).toBe(false);
});

test("who wants no motion has a garment before them at once, and it does not turn", () => {
  const piece = new Piece("coat", "camel");
  piece.place([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, -4, 1]);
  const fitting = new Fitting(true);
  fitting.take(piece, new Vector3(0, 0, -2), new Vector3(0, 0, 0));
  fitting.advance(0.05);
  const near = piece.object.matrix.clone();
  fitting.advance(5);
  expect(piece.object.matrix.equals(near)).toBe(true);
});

test("what passes is said for a while, what lasts as long as it does, and what is new anew", () => {
  const spell = new Spell();
  expect([0, 7999, 8000, 20_000].map((ms) => spell.lasts("lost", true, ms))).toEqual([true, true, false, false]);
  expect([20_000, 40_000].map((ms) => spell.lasts("reconnecting", false, ms))).toEqual([true, true]);
  expect(spell.lasts("", false, 41_000)).toBe(false);
  expect(spell.lasts("lost", true, 42_000)).toBe(true);
});

test("words stay where they are while a head looks about, and glide along the short way when it has turned away", () => {
  const linger = new Linger(false);
  const eyes = new Vector3(0, 1.6, 0);
  const yaw = (): number => Math.atan2(linger.place(1.7, 0).x - eyes.x, eyes.z - linger.place(1.7, 0).z);
  const look = (to: number, seconds: number, pitch = 0): void => {
    for (let passed = 0; passed < seconds; passed += 0.02) linger.follow(eyes, to, pitch, 0.02);
  };
  look(3, 0.02);
  expect(yaw()).toBeCloseTo(3);
  look(3.3, 2);
  expect(yaw()).toBeCloseTo(3);
  look(-2.6, 0.1); // 0.68 radians on to the right, over the seam behind
  expect(Math.abs(yaw())).toBeGreaterThan(3);
  look(-2.6, 3);
  expect(yaw()).toBeCloseTo(-2.6, 1);
  look(0, 3, 1.4); // straight up: ahead could be anywhere
  expect(yaw()).toBeCloseTo(-2.6, 1);
  expect(linger.place(1.7, 0.3).distanceTo(eyes)).toBeCloseTo(Math.hypot(1.7, 0.3));
});

test("for who wants no motion words do not glide: they are there", () => {
  const linger = new Linger(true);
  linger.follow(new Vector3(), 0, 0, 0.02);
  linger.follow(new Vector3(), 2, 0, 0.02);
  expect(linger.place(1, 0).x).toBeCloseTo(Math.sin(2));
});

test("a notice is as large as its words, and what it offers can be hit", () => {
  const long = "The server refused, and said at length why, in many words that nobody would read to their end. ".repeat(3);
  for (const asks of [null, "retry"] as const) {
    const page = noticePage({ title: "Reconnecting in 12 s", detail: long, asks }, wide);
    expectApart(page);
    expect(page.width).toBeLessThan(900);
    if (asks) expect(markAt(page, ...middle(named(page, asks)))).toBe(asks);
  }
  expect(noticePage({ title: "Paused", detail: "", asks: null }, wide).marks).toHaveLength(1);
  expectApart(pinPage(COAT.name, wide));
});
