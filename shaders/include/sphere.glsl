// Directions and angles: +X right, +Y up, -Z forward; yaw > 0 turns right, pitch > 0 turns up; radians.
const float PI = 3.14159265358979;

// Yaw, pitch and radial distance of a point, its yaw measured from the direction `yaw0`: an object there is never cut at +-180 degrees.
// `eye` is 0, or for one of two eyes half their distance: positive for the right one. Each column of an omnidirectional stereo picture is
// seen from where its eye is when it looks there: Ishiguro et al. 1992, "Omni-directional stereo".
vec3 to_sphere(vec3 point, float yaw0, float eye) {
    float cosine = cos(yaw0), sine = sin(yaw0);
    float right = cosine * point.x + sine * point.z;
    float back = cosine * point.z - sine * point.x;
    float away = max(length(point.xz), abs(eye) + 1e-6);
    return vec3(atan(right, -back) - asin(eye / away), atan(point.y, sqrt(away * away - eye * eye)), length(point));
}

vec3 to_direction(float yaw, float pitch) {
    return vec3(cos(pitch) * sin(yaw), sin(pitch), -cos(pitch) * cos(yaw));
}

// Where the equirectangular picture shows a direction; its top row is v = 0.
vec2 to_equirect(vec3 direction) {
    return vec2(atan(direction.x, -direction.z) / (2.0 * PI) + 0.5, 0.5 - asin(clamp(direction.y, -1.0, 1.0)) / PI);
}
