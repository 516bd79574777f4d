// One triangle that covers the window. Its place on the picture plane is linear in the window, so interpolating it is exact.
precision highp float;

uniform vec4 lens; // from the window (−1 … 1) to the plane at distance 1: scale in x and y, then offset in x and y

in vec3 position;
out vec2 plane;

void main() {
  plane = position.xy * lens.xy + lens.zw;
  gl_Position = vec4(position.xy, 1.0, 1.0); // behind everything
}
