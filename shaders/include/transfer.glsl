// Highlights roll off towards white, as those of the cameras that filmed the room do; everything darker stays as it is.
vec3 as_cameras_see(vec3 light) {
    const float shoulder = 0.8, room = 1.0 - shoulder;
    return mix(light, shoulder + room * (1.0 - exp((shoulder - light) / room)), greaterThan(light, vec3(shoulder)));
}

// Linear light to gamma-coded values: IEC 61966-2-1, as in vrlive/colour.py.
vec3 from_light(vec3 light) {
    vec3 value = clamp(light, 0.0, 1.0);
    return mix(value * 12.92, 1.055 * pow(value, vec3(1.0 / 2.4)) - 0.055, greaterThan(value, vec3(0.0031308)));
}
