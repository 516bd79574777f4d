#version 450 core
layout(location = 0) out float hidden;

void main() {
    hidden = 1.0;
}
