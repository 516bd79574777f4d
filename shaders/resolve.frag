#version 450 core
// Four samples a pixel, drawn as a picture of twice the size: the cheaper way in software. It is slanted by half a sample a row, so that the
// four of a pixel lie in four columns: most edges of garments are nearly upright, and are seen in five steps instead of three.
uniform sampler2D samples, depths;
uniform int slanted;  // 1 where it is

ivec2 place(int number) {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    return pixel * 2 + ivec2((number & 1) + (pixel.y + (number >> 1)) * slanted, number >> 1);
}

vec4 sample_colour(int number) {
    return texelFetch(samples, place(number), 0);
}

float sample_depth(int number) {
    return texelFetch(depths, place(number), 0).r;
}
#include "include/resolve.glsl"
