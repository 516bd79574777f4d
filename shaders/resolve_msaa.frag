#version 450 core
// Four samples a pixel by the graphics card's own multisampling.
uniform sampler2DMS samples, depths;

vec4 sample_colour(int number) {
    return texelFetch(samples, ivec2(gl_FragCoord.xy), number);
}

float sample_depth(int number) {
    return texelFetch(depths, ivec2(gl_FragCoord.xy), number).r;
}
#include "include/resolve.glsl"
