#version 450 core
// 2x2 samples to one pixel: averaged as premultiplied light, gamma-coded only then, premultiplied again.
#include "include/transfer.glsl"

uniform sampler2D samples;

layout(location = 0) out vec4 colour;

void main() {
    ivec2 corner = ivec2(gl_FragCoord.xy) * 2;
    vec4 sum = texelFetch(samples, corner, 0) + texelFetch(samples, corner + ivec2(1, 0), 0)
             + texelFetch(samples, corner + ivec2(0, 1), 0) + texelFetch(samples, corner + ivec2(1, 1), 0);
    float alpha = sum.a / 4.0;
    colour = alpha < 1.0 / 512.0 ? vec4(0.0) : vec4(from_light(sum.rgb / sum.a) * alpha, alpha);
}
