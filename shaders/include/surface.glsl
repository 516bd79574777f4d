// What a surface returns of the light that falls on it.

// Scale and bias of F0 for a GGX surface under even light: Karis 2014, "Physically Based Shading on Mobile".
vec2 ggx_scale_bias(float n_dot_v, float roughness) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * n_dot_v)) * r.x + r.y;
    return vec2(-1.04, 1.04) * a + r.zw;
}

// Share of even light that the fibres of a fabric send towards the viewer: strongest at grazing angles, where they stand out.
float sheen_share(float n_dot_v, float roughness) {
    return (0.55 + 0.35 * roughness) * exp2(-(9.0 - 6.0 * roughness) * n_dot_v) + 0.06 * roughness;
}

// Occlusion of reflections from that of diffuse light: Lagarde & de Rousiers 2014, "Moving Frostbite to PBR", section 4.10.2.
float reflection_occlusion(float n_dot_v, float occlusion, float roughness) {
    return clamp(pow(n_dot_v + occlusion, exp2(-16.0 * roughness - 1.0)) - 1.0 + occlusion, 0.0, 1.0);
}
