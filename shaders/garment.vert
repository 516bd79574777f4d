#version 450 core
#include "include/view.glsl"

layout(location = 0) in vec3 position;  // world, metres from the rig's centre
layout(location = 1) in vec3 normal;
layout(location = 2) in vec4 tangent;
layout(location = 3) in vec4 coordinates;  // two sets of texture coordinates
#ifdef VERTEX_COLOURS
layout(location = 4) in vec4 tint;
out vec4 vertex_colour;
#endif

out vec3 world;
out vec3 world_normal;
out vec4 world_tangent;
out vec4 uv;

void main() {
    world = position;
    world_normal = normal;
    world_tangent = tangent;
    uv = coordinates;
#ifdef VERTEX_COLOURS
    vertex_colour = tint;
#endif
    gl_Position = on_view(position);
}
