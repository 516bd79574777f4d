// One triangle that covers the window. The ray is linear in the window, so interpolating it is exact.
precision highp float;

uniform mat3 turn;      // camera axes to world axes
uniform vec2 halfPlane; // half the picture plane at distance 1: tangents of half the fields of view

in vec3 position;
out vec3 ray;

void main() {
  ray = turn * vec3(position.xy * halfPlane, -1.0);
  gl_Position = vec4(position.xy, 0.0, 1.0);
}
