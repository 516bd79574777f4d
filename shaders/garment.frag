#version 450 core
// glTF 2.0, appendix B, and KHR_materials_sheen, in linear light, lit by the live picture. Out: linear light, alpha premultiplied.
#include "include/light.glsl"
#include "include/surface.glsl"
#include "include/transfer.glsl"

in vec3 world;
in vec3 world_normal;
in vec4 world_tangent;
in vec4 uv;
#ifdef VERTEX_COLOURS
in vec4 vertex_colour;
#endif

layout(location = 0) out vec4 colour;

#ifndef MASK
layout(early_fragment_tests) in;  // what is hidden is not shaded
#endif

uniform sampler2D base_colour_map, metallic_roughness_map, normal_map, occlusion_map, emissive_map, sheen_colour_map, sheen_roughness_map;
uniform float second[7];      // 1 where that map uses the second set of coordinates, in the order above
uniform vec3 across[7], down[7];  // KHR_texture_transform: rows of the matrix that moves its coordinates
uniform vec4 base_colour;
uniform vec3 emissive, sheen_colour;
uniform float metallic, roughness, sheen_roughness, normal_scale, occlusion_strength, alpha_cutoff;

// A material that lacks a map takes no time for it: each is defined where there is one.
vec4 look_up(sampler2D map, int number) {
    vec3 at = vec3(mix(uv.xy, uv.zw, second[number]), 1.0);
    return texture(map, vec2(dot(across[number], at), dot(down[number], at)));
}

vec3 surface_normal() {
    vec3 n = normalize(world_normal);
#ifdef NORMAL_MAP
    vec3 t = normalize(world_tangent.xyz);
    vec3 bent = look_up(normal_map, 2).xyz * 2.0 - 1.0;
    bent.xy *= normal_scale;
    n = normalize(t * bent.x + cross(n, t) * world_tangent.w * bent.y + n * bent.z);
#endif
    return gl_FrontFacing ? n : -n;
}

vec3 returned_light(vec3 base) {
    vec2 rough_metal = vec2(roughness, metallic);
#ifdef METALLIC_ROUGHNESS_MAP
    rough_metal *= look_up(metallic_roughness_map, 1).gb;
#endif
    rough_metal = clamp(rough_metal, vec2(0.045, 0.0), vec2(1.0));
    float occlusion = 1.0;
#ifdef OCCLUSION_MAP
    occlusion = mix(1.0, look_up(occlusion_map, 3).r, occlusion_strength);
#endif
    vec3 n = surface_normal(), v = normalize(-world);
    float n_dot_v = clamp(abs(dot(n, v)), 0.001, 1.0);
    vec3 soft = diffuse_light(n) * occlusion;
    vec3 mirrored = reflected_light(n, v, rough_metal.x) * reflection_occlusion(n_dot_v, occlusion, rough_metal.x);
    vec3 light = returned(base, rough_metal, n_dot_v, soft, mirrored);
#ifdef SHEEN
    vec3 fibres = sheen_colour;
    float fibre_roughness = sheen_roughness;
#ifdef SHEEN_COLOUR_MAP
    fibres *= look_up(sheen_colour_map, 5).rgb;
#endif
#ifdef SHEEN_ROUGHNESS_MAP
    fibre_roughness *= look_up(sheen_roughness_map, 6).a;
#endif
    float share = sheen_share(n_dot_v, fibre_roughness);
    light = light * (1.0 - max(fibres.r, max(fibres.g, fibres.b)) * share) + fibres * share * soft;
#endif
    vec3 glow = emissive;
#ifdef EMISSIVE_MAP
    glow *= look_up(emissive_map, 4).rgb;
#endif
    return as_cameras_see(light + glow);
}

void main() {
    vec4 base = base_colour;
#ifdef VERTEX_COLOURS
    base *= vertex_colour;  // glTF 2.0, section 3.9.2
#endif
#ifdef BASE_COLOUR_MAP
    base *= look_up(base_colour_map, 0);
#endif
#ifdef MASK
    if (base.a < alpha_cutoff) discard;
#endif
    float alpha = 1.0;
#ifdef BLEND
    alpha = base.a;
#endif
#ifdef UNLIT
    vec3 light = base.rgb;
#else
    vec3 light = returned_light(base.rgb);
#endif
    colour = vec4(light * alpha, alpha);
}
