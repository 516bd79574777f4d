#version 450 core
// Metallic-roughness with sheen, in linear light, lit by the live picture. Out: linear light, alpha premultiplied.
#include "include/light.glsl"
#include "include/surface.glsl"
#include "include/transfer.glsl"

in vec3 world;
in vec3 world_normal;
in vec4 world_tangent;
in vec4 uv;

layout(location = 0) out vec4 colour;

uniform sampler2D base_colour_map, metallic_roughness_map, normal_map, occlusion_map, emissive_map;
uniform float second[5];  // 1 where that map uses the second set of coordinates, in the order above
uniform vec4 base_colour;
uniform vec3 emissive, sheen_colour;
uniform float metallic, roughness, sheen_roughness, normal_scale, occlusion_strength, alpha_cutoff;
uniform int unlit;

vec2 place(int map) {
    return mix(uv.xy, uv.zw, second[map]);
}

vec3 surface_normal() {
    vec3 n = normalize(world_normal), t = normalize(world_tangent.xyz);
    vec3 bent = texture(normal_map, place(2)).xyz * 2.0 - 1.0;
    bent.xy *= normal_scale;
    n = normalize(t * bent.x + cross(n, t) * world_tangent.w * bent.y + n * bent.z);
    return gl_FrontFacing ? n : -n;
}

void main() {
    vec4 base = base_colour * texture(base_colour_map, place(0));
    if (base.a < alpha_cutoff) discard;
    if (unlit == 1) {
        colour = vec4(base.rgb, 1.0);
        return;
    }
    vec2 rough_metal = texture(metallic_roughness_map, place(1)).gb * vec2(roughness, metallic);
    float occlusion = mix(1.0, texture(occlusion_map, place(3)).r, occlusion_strength);
    vec3 n = surface_normal(), v = normalize(-world);
    float n_dot_v = clamp(dot(n, v), 0.02, 1.0);

    vec3 f0 = mix(vec3(0.04), base.rgb, rough_metal.y);
    vec2 ab = ggx_scale_bias(n_dot_v, rough_metal.x);
    vec3 mirror = f0 * ab.x + ab.y;
    vec3 soft = diffuse_light(n) * occlusion;
    float open = reflection_occlusion(n_dot_v, occlusion, rough_metal.x);
    vec3 light = base.rgb * (1.0 - rough_metal.y) * (1.0 - mirror) * soft + mirror * reflected_light(reflect(-v, n), rough_metal.x) * open;

    float share = sheen_share(n_dot_v, sheen_roughness);
    float strongest = max(sheen_colour.r, max(sheen_colour.g, sheen_colour.b));
    light = light * (1.0 - strongest * share) + sheen_colour * share * soft;
    colour = vec4(as_cameras_see(light + emissive * texture(emissive_map, place(4)).rgb), 1.0);
}
