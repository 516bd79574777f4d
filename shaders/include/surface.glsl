// What a surface returns of the light that falls on it.

uniform sampler2D shares;  // by n.v and roughness: scale and bias of F0 for GGX, and Charlie sheen; renderer/surface.py

// What a surface mirrors once, and what it scatters more often, of light that is even:
// Fdez-Aguera 2019, "A Multiple-Scattering Microfacet Model for Real-Time Image-based Lighting".
void scatter(vec3 f0, vec2 ab, out vec3 once, out vec3 again) {
    once = f0 * ab.x + ab.y;
    float lost = 1.0 - ab.x - ab.y;
    vec3 mean = f0 + (1.0 - f0) / 21.0;
    again = once * mean / (1.0 - lost * mean) * lost;
}

// Base colour, roughness and metalness under diffuse light and a mirrored room: glTF 2.0, appendix B.2.
vec3 returned(vec3 base, vec2 rough_metal, float n_dot_v, vec3 soft, vec3 mirrored) {
    vec2 ab = texture(shares, vec2(n_dot_v, rough_metal.x)).xy;
    vec3 once, again, metal_once, metal_again;
    scatter(vec3(0.04), ab, once, again);
    scatter(base, ab, metal_once, metal_again);
    vec3 dielectric = once * mirrored + (again + base * (1.0 - once - again)) * soft;
    return mix(dielectric, metal_once * mirrored + metal_again * soft, rough_metal.y);
}

// Share of even light that the fibres of a fabric send towards the viewer: strongest at grazing angles, where they stand out.
float sheen_share(float n_dot_v, float roughness) {
    return texture(shares, vec2(n_dot_v, roughness)).z;
}

// Occlusion of reflections from that of diffuse light: Lagarde & de Rousiers 2014, "Moving Frostbite to PBR", section 4.10.2.
float reflection_occlusion(float n_dot_v, float occlusion, float roughness) {
    return clamp(pow(n_dot_v + occlusion, exp2(-16.0 * roughness - 1.0)) - 1.0 + occlusion, 0.0, 1.0);
}
