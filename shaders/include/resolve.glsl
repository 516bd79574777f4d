// Four samples to one pixel: averaged as premultiplied light, gamma-coded only then, premultiplied again; and how far away it is.
#include "include/transfer.glsl"

layout(location = 0) out vec4 colour;
layout(location = 1) out float distance_m;

uniform vec2 reach;       // nearest and farthest distance in the depths

void main() {
    vec4 sum = vec4(0.0);
    float nearest = 1.0;
    for (int number = 0; number < 4; number++) {
        sum += sample_colour(number);
        nearest = min(nearest, sample_depth(number));
    }
    float alpha = sum.a / 4.0;
    colour = vec4(0.0);
    distance_m = reach.y;
    if (alpha < 1.0 / 512.0) return;
    colour = vec4(from_light(sum.rgb / sum.a) * alpha, alpha);
    distance_m = mix(reach.x, reach.y, nearest);
}
