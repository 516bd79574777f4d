/** The sky in a window of the page: draws what a View sees of the picture. One triangle and one shader: that needs no library. */

import { type Layout, PROJECTIONS, WHOLE_SPHERE, facesOf, rowsOf, turnBy } from "./layout";
import { program } from "./program";
import fragmentShader from "./sky.frag?raw";
import vertexShader from "./sky.vert?raw";
import { type Size, type View, focalPx } from "./view";

const CORNERS = [-1, -1, 0, 3, -1, 0, -1, 3, 0];
const BLACK = new Uint8Array([0, 0, 0, 255]);

export class Sky {
  private readonly gl: WebGL2RenderingContext;
  private readonly places = new Map<string, WebGLUniformLocation | null>();
  private program!: WebGLProgram;
  private shown = WHOLE_SPHERE;
  private size: Size = { width: 1, height: 1 };

  /**
   * @param onRestored the graphics card was lost and is back: the picture has to be taken and drawn again
   * @throws Error where the browser has no WebGL 2
   */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    onRestored: () => void = () => undefined,
  ) {
    const gl = canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL 2.");
    this.gl = gl;
    this.prepare();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // or it would never be restored
    canvas.addEventListener("webglcontextrestored", () => {
      this.prepare();
      onRestored();
    });
  }

  /** The longest side of a picture that can be shown here, in px. */
  get longestPx(): number {
    return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number;
  }

  set layout(layout: Layout) {
    this.shown = layout;
    const { gl } = this;
    gl.uniform1i(this.place("projection"), PROJECTIONS.indexOf(layout.projection));
    gl.uniform2f(this.place("rows"), ...rowsOf(layout.stereo, "left")); // both eyes look at the left one's picture
    gl.uniformMatrix3fv(this.place("faces"), true, facesOf(layout.projection).flat());
  }

  /** Set the window's size (CSS px) and how many pixels to draw for each of them. */
  resize(size: Size, pixelRatio: number): void {
    this.size = size;
    this.canvas.width = Math.floor(size.width * pixelRatio);
    this.canvas.height = Math.floor(size.height * pixelRatio);
    this.gl.viewport(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Show this picture from now on, its bytes as they are. */
  take(picture: TexImageSource): void {
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture);
  }

  draw(view: View): void {
    const { gl, size } = this;
    const focal = focalPx(view.fov, size, view.bend);
    gl.uniform4f(this.place("lens"), size.width / 2 / focal, size.height / 2 / focal, 0, 0);
    gl.uniformMatrix3fv(this.place("turn"), true, turnBy(view.yaw, view.pitch));
    gl.uniform1f(this.place("bend"), view.bend ?? 0);
    gl.drawArrays(gl.TRIANGLES, 0, CORNERS.length / 3);
  }

  /** Everything that is lost with the graphics card; its picture is black. */
  private prepare(): void {
    const { gl } = this;
    this.program = program(gl, vertexShader, fragmentShader, ["position"]);
    this.places.clear();
    gl.useProgram(this.program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(CORNERS), gl.STATIC_DRAW);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    gl.enableVertexAttribArray(0);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.REPEAT); // the left edge lies beside the right one
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, BLACK);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    this.layout = this.shown;
  }

  private place(name: string): WebGLUniformLocation | null {
    let found = this.places.get(name);
    if (found === undefined) {
      found = this.gl.getUniformLocation(this.program, name);
      this.places.set(name, found);
    }
    return found;
  }
}
