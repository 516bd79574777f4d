#version 450 core
// A flat tile bent onto the rectangle of the sphere, where the tile is the nearest of the cube's six.
#include "include/sphere.glsl"

uniform sampler2D samples, depths;
uniform vec2 origin;  // yaw and pitch of the rectangle's lower left corner
uniform vec2 pitch_of_samples;  // yaw and pitch from one sample to the next
uniform mat3 tile;
uniform float tile_widening;

layout(location = 0) out vec4 colour;

void main() {
    vec2 angles = origin + pitch_of_samples * gl_FragCoord.xy;
    vec3 seen = tile * to_direction(angles.x, angles.y);
    vec2 flat_place = seen.xy / -seen.z;
    if (seen.z >= 0.0 || max(abs(flat_place.x), abs(flat_place.y)) > 1.0) discard;
    vec2 place = flat_place / tile_widening * 0.5 + 0.5;
    colour = texture(samples, place);
    gl_FragDepth = texelFetch(depths, ivec2(place * vec2(textureSize(depths, 0))), 0).r;
}
