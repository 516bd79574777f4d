#version 450 core
// 2x2 samples a pixel, drawn as a picture of twice the size: the cheaper way in software.
uniform sampler2D samples, depths;

vec4 sample_colour(int number) {
    return texelFetch(samples, ivec2(gl_FragCoord.xy) * 2 + ivec2(number & 1, number >> 1), 0);
}

float sample_depth(int number) {
    return texelFetch(depths, ivec2(gl_FragCoord.xy) * 2 + ivec2(number & 1, number >> 1), 0).r;
}
#include "include/resolve.glsl"
