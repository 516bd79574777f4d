// Linear light to gamma-coded values: IEC 61966-2-1, as in vrlive/colour.py.
vec3 from_light(vec3 light) {
    vec3 value = clamp(light, 0.0, 1.0);
    return mix(value * 12.92, 1.055 * pow(value, vec3(1.0 / 2.4)) - 0.055, greaterThan(value, vec3(0.0031308)));
}
