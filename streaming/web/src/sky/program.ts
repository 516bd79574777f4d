/** A WebGL 2 program by its shaders, without a library. */

const VERSION = "#version 300 es\n";

/**
 * Compile and link.
 *
 * @param attributes have the locations 0, 1, …
 * @throws Error with what the driver says, unless the context is lost: then it comes back, and this is done again
 */
export function program(gl: WebGL2RenderingContext, vertex: string, fragment: string, attributes: readonly string[]): WebGLProgram {
  const made = gl.createProgram();
  const shaders = [shader(gl, gl.VERTEX_SHADER, vertex), shader(gl, gl.FRAGMENT_SHADER, fragment)];
  for (const each of shaders) gl.attachShader(made, each);
  attributes.forEach((name, location) => gl.bindAttribLocation(made, location, name));
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    const said = [...shaders.map((each) => gl.getShaderInfoLog(each)), gl.getProgramInfoLog(made)];
    throw new Error(`the sky cannot be drawn: ${said.filter(Boolean).join("; ")}`);
  }
  for (const each of shaders) gl.deleteShader(each);
  return made;
}

function shader(gl: WebGL2RenderingContext, kind: GLenum, source: string): WebGLShader {
  const made = gl.createShader(kind)!;
  gl.shaderSource(made, VERSION + source);
  gl.compileShader(made);
  return made;
}
