/** A panel in the room: a page drawn crisply on a canvas, turned to the visitor, whose buttons can be hit by a ray. */

import { CanvasTexture, LinearFilter, LinearMipmapLinearFilter, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace, type Vector2, type Vector3 } from "three";
import { type Box, LINE, type Mark, type Measure, type Page, type Style, markAt } from "./card";

const PX_PER_M = 1450;
const SANS = `"Helvetica Neue", "Inter", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", system-ui, sans-serif`;
const SERIF = `Didot, "Bodoni 72", "Bodoni MT", "Playfair Display", "Hoefler Text", "Noto Serif CJK SC", "Songti SC", Georgia, serif`;
const FONTS: Readonly<Record<Style, string>> = {
  brand: `500 26px ${SANS}`,
  title: `400 62px ${SERIF}`,
  price: `400 44px ${SANS}`,
  label: `400 29px ${SANS}`,
  body: `400 32px ${SANS}`,
  small: `400 27px ${SANS}`,
};
const BUTTON_FONT = `500 34px ${SANS}`;
const [NIGHT, IVORY, DIM, BRASS, EDGE] = ["#141217f5", "#f5f0e8", "#f5f0e8b8", "#d8b98c", "#ffffff30"];

/** Somewhere that a ray can end. */
export interface Target {
  readonly object: Mesh;
  /** Ray at this place of the texture, null: nowhere; the answer names what a select would hit. */
  hover(uv: Vector2 | null): string | null;
  select(uv: Vector2): void;
}

const pen = new OffscreenCanvas(1, 1).getContext("2d");

export const measure: Measure = (text, style) => {
  if (!pen) return text.length * 20;
  pen.font = FONTS[style];
  pen.letterSpacing = spacing(style);
  return pen.measureText(text).width;
};

export class Panel implements Target {
  readonly object: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly canvas = new OffscreenCanvas(1, 1);
  private texture = new CanvasTexture(this.canvas);
  private page: Page = { width: 1, height: 1, marks: [] };
  private hovered: string | null = null;

  constructor(
    /** Something on it was selected. */
    private readonly onSelect: (id: string) => void,
    private readonly scale = 1,
  ) {
    const material = new MeshBasicMaterial({ map: this.texture, transparent: true, depthTest: false, toneMapped: false });
    this.object = new Mesh(new PlaneGeometry(1, 1), material);
    this.object.renderOrder = 10; // over garments: a card is read, whatever stands in front of it
    this.object.visible = false;
  }

  get visible(): boolean {
    return this.object.visible;
  }

  show(page: Page): void {
    this.page = page;
    this.object.visible = true;
    if (this.canvas.width !== page.width || this.canvas.height !== page.height) this.resize(page);
    this.draw();
  }

  hide(): void {
    this.object.visible = false;
    this.hovered = null;
  }

  /** Stand here and face there. */
  stand(where: Vector3, face: Vector3): void {
    this.object.position.copy(where);
    this.object.lookAt(face);
  }

  /** Where the middle of something on it is in the world; null where it is not there. */
  placeOf(id: string, into: Vector3): Vector3 | null {
    const mark = this.visible && this.page.marks.find((each) => ("id" in each ? each.id : each.kind) === id);
    if (!mark) return null;
    const { box } = mark;
    into.set((box.x + box.width / 2) / this.page.width - 0.5, 0.5 - (box.y + box.height / 2) / this.page.height, 0);
    return this.object.localToWorld(into);
  }

  hover(uv: Vector2 | null): string | null {
    const found = uv && this.at(uv);
    if (found !== this.hovered) {
      this.hovered = found;
      this.draw();
    }
    return found;
  }

  select(uv: Vector2): void {
    const found = this.at(uv);
    if (found) this.onSelect(found);
  }

  dispose(): void {
    this.object.removeFromParent();
    this.object.geometry.dispose();
    this.object.material.dispose();
    this.texture.dispose();
  }

  private at(uv: Vector2): string | null {
    return markAt(this.page, uv.x * this.page.width, (1 - uv.y) * this.page.height);
  }

  private resize({ width, height }: Page): void {
    this.texture.dispose(); // a texture keeps its size on the graphics card
    this.canvas.width = width;
    this.canvas.height = height;
    this.texture = new CanvasTexture(this.canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.anisotropy = 8;
    this.texture.minFilter = LinearMipmapLinearFilter;
    this.texture.magFilter = LinearFilter;
    this.object.material.map = this.texture;
    this.object.material.needsUpdate = true;
    this.object.scale.set((this.scale * width) / PX_PER_M, (this.scale * height) / PX_PER_M, 1);
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { width, height } = this.page;
    context.clearRect(0, 0, width, height);
    plate(context, { x: 1.5, y: 1.5, width: width - 3, height: height - 3 }, Math.min(44, height / 2), NIGHT, EDGE);
    for (const mark of this.page.marks) paint(context, mark, "id" in mark && mark.id === this.hovered);
    this.texture.needsUpdate = true;
  }
}

type Pen = OffscreenCanvasRenderingContext2D;

function paint(context: Pen, mark: Mark, lit: boolean): void {
  if (mark.kind === "text") text(context, mark.text, mark.style, mark.box, mark.centred ?? false);
  if (mark.kind === "button") button(context, mark, lit);
  if (mark.kind === "swatch") swatch(context, mark, lit);
  if (mark.kind === "code") code(context, mark.cells, mark.box);
}

function text(context: Pen, words: string, style: Style, box: Box, centred: boolean): void {
  context.font = FONTS[style];
  context.letterSpacing = spacing(style);
  context.fillStyle = { brand: BRASS, title: IVORY, price: IVORY, label: DIM, body: IVORY, small: DIM }[style];
  context.textAlign = centred ? "center" : "left";
  context.textBaseline = "middle";
  context.fillText(words, centred ? box.x + box.width / 2 : box.x, box.y + LINE[style] / 2);
}

function button(context: Pen, { text: words, box, look, off }: Mark & { kind: "button" }, lit: boolean): void {
  const filled = look === "filled" && !off;
  const fill = filled ? (lit ? "#f0d8b2" : BRASS) : lit ? "#ffffff30" : look === "chosen" ? "#d8b98c33" : "#ffffff0d";
  plate(context, box, Math.min(box.height / 2, 54), fill, look === "chosen" || lit ? BRASS : EDGE);
  context.globalAlpha = off ? 0.4 : 1;
  context.font = words === "×" ? `300 52px ${SANS}` : BUTTON_FONT;
  context.letterSpacing = "0px";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = filled ? "#141217" : IVORY;
  context.fillText(words, box.x + box.width / 2, box.y + box.height / 2 + 2, box.width - 24);
  if (off && look !== "filled") line(context, box); // a size that is sold out
  context.globalAlpha = 1;
}

function swatch(context: Pen, { box, colour, chosen }: Mark & { kind: "swatch" }, lit: boolean): void {
  const [x, y, radius] = [box.x + box.width / 2, box.y + box.height / 2, box.width / 2];
  const ring = (r: number, stroke: string, width: number): void => {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.stroke();
  };
  context.beginPath();
  context.arc(x, y, radius - 10, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  ring(radius - 10, EDGE, 2);
  if (chosen || lit) ring(radius - 2, chosen ? BRASS : IVORY, 4);
}

/** Dark on light with four cells of quiet around, as cameras want it. */
function code(context: Pen, cells: readonly (readonly boolean[])[], box: Box): void {
  plate(context, box, 24, "#ffffff", "#ffffff");
  const cell = Math.floor(box.width / (cells.length + 8));
  const start = Math.round((box.width - cell * cells.length) / 2);
  context.fillStyle = "#000000";
  for (const [row, columns] of cells.entries()) {
    for (const [column, dark] of columns.entries()) if (dark) context.fillRect(box.x + start + column * cell, box.y + start + row * cell, cell, cell);
  }
}

function plate(context: Pen, box: Box, radius: number, fill: string, stroke: string): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, radius);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = 2;
  context.stroke();
}

function line(context: Pen, box: Box): void {
  context.beginPath();
  context.moveTo(box.x + 24, box.y + box.height - 20);
  context.lineTo(box.x + box.width - 24, box.y + 20);
  context.strokeStyle = IVORY;
  context.stroke();
}

function spacing(style: Style): string {
  return style === "brand" ? "4px" : "0px";
}
