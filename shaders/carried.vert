#version 450 core
// A garment that is carried about, as the window's flat view sees it.
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
uniform mat3 turn;      // model to camera
uniform vec3 offset;    // the model's origin in the camera's frame
uniform vec2 slopes;
out vec3 facing, place;

const float NEAR = 0.05, FAR = 200.0;

void main() {
    place = turn * position + offset;
    facing = turn * normal;
    gl_Position = vec4(place.xy / slopes, (-place.z * (FAR + NEAR) - 2.0 * FAR * NEAR) / (FAR - NEAR), -place.z);
}
