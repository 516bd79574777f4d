#version 450 core
// The floor under a garment: black, as opaque as the garment keeps light away from it.
in vec3 world;
in vec4 uv;

layout(location = 0) out vec4 colour;
layout(location = 1) out float distance_m;

uniform sampler2D visibility;  // share of the room's light that reaches the floor, 0...1

void main() {
    // The layer is laid over gamma-coded video: dimming light by s dims its code by about s^(1/2.2). It is made deeper than that,
    // since a video codec swallows a faint shadow, and without one a garment floats.
    distance_m = length(world);
    float seen = clamp(texture(visibility, uv.xy).r, 0.0, 1.0);
    colour = vec4(0.0, 0.0, 0.0, 1.0 - pow(seen, 0.8));
}
