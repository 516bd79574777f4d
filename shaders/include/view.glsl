// Where a vertex falls: straight into the object's own rectangle of the sphere, or, where that has a pole in it, into a flat tile.
// Depth is radial distance in both.
#include "include/sphere.glsl"

uniform float yaw0;
uniform float eye;    // see to_sphere
uniform vec2 centre;  // yaw from yaw0, and pitch, of the rectangle's centre
uniform vec2 extent;  // half its width and height, radians
uniform vec2 reach;   // nearest and farthest distance
uniform int flat_tile;
uniform float slant;   // 0, or by how many of its widths a rectangle's top is shifted to the right: see resolve.frag
uniform mat3 tile;    // world to the tile's axes: right, up, back; it is a little wider than 90 degrees
uniform float tile_widening;

vec4 on_view(vec3 position) {
    vec3 polar = to_sphere(position, yaw0, eye);
    float depth = (polar.z - reach.x) / (reach.y - reach.x) * 2.0 - 1.0;
    if (flat_tile == 0) {
        vec2 at = (polar.xy - centre) / extent * 0.5 + 0.5;
        at.x = (at.x + at.y * slant) / (1.0 + slant);
        return vec4(at * 2.0 - 1.0, depth, 1.0);
    }
    vec3 seen = tile * to_direction(polar.x + yaw0, polar.y) * polar.z;
    return vec4(seen.xy / tile_widening, depth * -seen.z, -seen.z);
}
