#version 450 core
// A garment's vertices straight to yaw, pitch and distance inside its own rectangle of the sphere.
#include "include/sphere.glsl"

layout(location = 0) in vec3 position;  // world, metres from the rig's centre
layout(location = 1) in vec3 normal;
layout(location = 2) in vec4 tangent;
layout(location = 3) in vec4 coordinates;  // two sets of texture coordinates

uniform float yaw0;
uniform vec2 centre;  // yaw from yaw0, and pitch, of the rectangle's centre
uniform vec2 extent;  // half its width and height, radians
uniform vec2 reach;   // nearest and farthest distance

out vec3 world;
out vec3 world_normal;
out vec4 world_tangent;
out vec4 uv;

void main() {
    vec3 polar = to_sphere(position, yaw0);
    world = position;
    world_normal = normal;
    world_tangent = tangent;
    uv = coordinates;
    gl_Position = vec4((polar.xy - centre) / extent, (polar.z - reach.x) / (reach.y - reach.x) * 2.0 - 1.0, 1.0);
}
