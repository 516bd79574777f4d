#version 450 core
// glTF 2.0, appendix B, and KHR_materials_sheen, in linear light, lit by the live picture. Out: linear light, alpha premultiplied.
#include "include/light.glsl"
#include "include/surface.glsl"
#include "include/transfer.glsl"

in vec3 world;
in vec3 world_normal;
in vec4 world_tangent;
in vec4 uv;

layout(location = 0) out vec4 colour;

uniform sampler2D base_colour_map, metallic_roughness_map, normal_map, occlusion_map, emissive_map, sheen_colour_map, sheen_roughness_map;
uniform float second[7];      // 1 where that map uses the second set of coordinates, in the order above
uniform vec3 across[7], down[7];  // KHR_texture_transform: rows of the matrix that moves its coordinates
uniform vec4 base_colour;
uniform vec3 emissive, sheen_colour;
uniform float metallic, roughness, sheen_roughness, normal_scale, occlusion_strength;
uniform float alpha_cutoff;  // below 0: no mask
uniform int blended, unlit;

vec2 place(int map) {
    vec3 at = vec3(mix(uv.xy, uv.zw, second[map]), 1.0);
    return vec2(dot(across[map], at), dot(down[map], at));
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
    float alpha = blended == 1 ? base.a : 1.0;
    if (unlit == 1) {
        colour = vec4(base.rgb * alpha, alpha);
        return;
    }
    vec2 rough_metal = clamp(texture(metallic_roughness_map, place(1)).gb * vec2(roughness, metallic), vec2(0.045, 0.0), vec2(1.0));
    float occlusion = mix(1.0, texture(occlusion_map, place(3)).r, occlusion_strength);
    vec3 n = surface_normal(), v = normalize(-world);
    float n_dot_v = clamp(abs(dot(n, v)), 0.001, 1.0);
    vec3 soft = diffuse_light(n) * occlusion;
    vec3 mirrored = reflected_light(n, v, rough_metal.x) * reflection_occlusion(n_dot_v, occlusion, rough_metal.x);
    vec3 light = returned(base.rgb, rough_metal, n_dot_v, soft, mirrored);

    vec3 fibres = sheen_colour * texture(sheen_colour_map, place(5)).rgb;
    float share = sheen_share(n_dot_v, sheen_roughness * texture(sheen_roughness_map, place(6)).a);
    light = light * (1.0 - max(fibres.r, max(fibres.g, fibres.b)) * share) + fibres * share * soft;
    light += emissive * texture(emissive_map, place(4)).rgb;
    colour = vec4(as_cameras_see(light) * alpha, alpha);
}
