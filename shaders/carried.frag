#version 450 core
// Its plain colour, lit from where one looks: the room lights it when it is put down.
in vec3 facing, place;
uniform vec3 paint;
out vec4 colour;

void main() {
    float lit = 0.35 + 0.65 * abs(dot(normalize(facing), normalize(place)));
    colour = vec4(pow(paint * lit, vec3(1.0 / 2.2)), 1.0);
}
