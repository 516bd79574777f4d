// Directions and angles: +X right, +Y up, -Z forward; yaw > 0 turns right, pitch > 0 turns up; radians.
const float PI = 3.14159265358979;

// Yaw, pitch and radial distance of a point, its yaw measured from the direction `yaw0`: an object there is never cut at +-180 degrees.
vec3 to_sphere(vec3 point, float yaw0) {
    float cosine = cos(yaw0), sine = sin(yaw0);
    float right = cosine * point.x + sine * point.z;
    float back = cosine * point.z - sine * point.x;
    return vec3(atan(right, -back), atan(point.y, length(point.xz)), length(point));
}

// Where the equirectangular picture shows a direction; its top row is v = 0.
vec2 to_equirect(vec3 direction) {
    return vec2(atan(direction.x, -direction.z) / (2.0 * PI) + 0.5, 0.5 - asin(clamp(direction.y, -1.0, 1.0)) / PI);
}
