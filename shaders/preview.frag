#version 450 core
// A flat view of an equirectangular picture in BT.709, limited range; a ring on the floor around the garment that was chosen.
uniform sampler2D y_bare, u_bare, v_bare, y_dressed, u_dressed, v_dressed;
uniform mat3 axes;      // camera to world
uniform vec2 slopes;    // tangents of half the field of view
uniform vec2 window;    // px
uniform float holes[32]; // left, top, width, height of each as shares: there the bare picture shows, while its garment is carried about
uniform vec4 ring;      // x, z, radius, and how far the floor is below; no radius: no ring
out vec4 colour;

const float PI = 3.14159265358979;

void main() {
    vec2 at = (gl_FragCoord.xy / window * 2.0 - 1.0) * slopes;
    vec3 towards = normalize(axes * vec3(at, -1.0));
    vec2 place = vec2(atan(towards.x, -towards.z) / (2.0 * PI) + 0.5, 0.5 - asin(clamp(towards.y, -1.0, 1.0)) / PI);
    bool bare = false;
    for (int hole = 0; hole < 32; hole += 4) {
        vec2 inside = vec2(fract(place.x - holes[hole]), place.y - holes[hole + 1]);
        bare = bare || (inside.x < holes[hole + 2] && inside.y >= 0.0 && inside.y < holes[hole + 3]);
    }
    vec3 codes = bare ? vec3(textureLod(y_bare, place, 0.0).r, textureLod(u_bare, place, 0.0).r, textureLod(v_bare, place, 0.0).r)
                      : vec3(textureLod(y_dressed, place, 0.0).r, textureLod(u_dressed, place, 0.0).r, textureLod(v_dressed, place, 0.0).r);
    codes = (codes * 255.0 - vec3(16.0, 128.0, 128.0)) / vec3(219.0, 224.0, 224.0);
    vec3 rgb = codes.x + vec3(1.5748 * codes.z, -0.187324 * codes.y - 0.468124 * codes.z, 1.8556 * codes.y);
    if (ring.z > 0.0 && towards.y < -0.01) {
        float apart = length(towards.xz / -towards.y * ring.w - ring.xy) - ring.z;
        float soft = fwidth(apart);
        rgb = mix(rgb, vec3(1.0, 0.78, 0.2), 0.85 * (1.0 - smoothstep(0.012, 0.012 + soft, abs(apart))));
    }
    colour = vec4(rgb, 1.0);
}
