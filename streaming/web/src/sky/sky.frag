// The sky: for each pixel the direction it looks in, and the equirectangular picture there.
// The picture's bytes go to the screen as they are: they are already what a screen expects (BT.709 ≈ sRGB), and
// nothing is lit or blended here. No mipmaps: the jump of the longitude behind the viewer then draws no seam.
precision highp float;

uniform sampler2D picture;
uniform vec4 eye; // the part of the frame that holds this eye's picture: left, bottom, width, height, each 0 … 1

in vec3 ray;
out vec4 colour;

const float PI = 3.14159265358979;

void main() {
  float yaw = atan(ray.x, -ray.z);
  float pitch = atan(ray.y, length(ray.xz)); // asin would be coarse near the poles
  vec2 place = vec2(0.5 + yaw / (2.0 * PI), 0.5 + pitch / PI);
  colour = vec4(texture(picture, eye.xy + eye.zw * place).rgb, 1.0);
}
