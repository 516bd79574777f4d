// The light of the live picture: irradiance over pi as spherical harmonics of order 2, reflections as GGX-prefiltered levels.
#include "include/sphere.glsl"

uniform vec3 irradiance[9];     // already convolved with the cosine lobe; Ramamoorthi & Hanrahan 2001, equation 13
uniform sampler2D reflections;  // level k holds roughness k / last_level
uniform float last_level;

vec3 diffuse_light(vec3 n) {
    vec3 sum = irradiance[0] * 0.282095;
    sum += irradiance[1] * 0.488603 * n.y + irradiance[2] * 0.488603 * n.z + irradiance[3] * 0.488603 * n.x;
    sum += irradiance[4] * 1.092548 * n.x * n.y + irradiance[5] * 1.092548 * n.y * n.z + irradiance[7] * 1.092548 * n.x * n.z;
    sum += irradiance[6] * 0.315392 * (3.0 * n.z * n.z - 1.0) + irradiance[8] * 0.546274 * (n.x * n.x - n.y * n.y);
    return max(sum, vec3(0.0));
}

// The room mirrored by a surface with normal `n` seen from `v`; a rough one mirrors from nearer its normal: Lagarde & de Rousiers 2014, 4.9.3.
vec3 reflected_light(vec3 n, vec3 v, float roughness) {
    vec3 towards = mix(reflect(-v, n), n, pow(roughness, 4.0));
    return textureLod(reflections, to_equirect(normalize(towards)), roughness * last_level).rgb;
}
