#version 450 core
// A garment thrown flat onto what it stands on, along one direction of light; in its own frame, so that it may turn.
layout(location = 0) in vec3 position;

uniform vec3 towards_light;
uniform vec3 foot;    // middle of the patch
uniform mat3 to_own;  // world to the garment's own frame
uniform float reach;  // half the patch's side, metres

void main() {
    vec3 above = to_own * (position - foot);
    vec2 thrown = above.xz - towards_light.xz / towards_light.y * max(above.y, 0.0);
    gl_Position = vec4(thrown / reach, 0.0, 1.0);
}
