// The sky: for each pixel the direction it looks in, and the picture there. One shader for all layouts and views.
// The picture's bytes go to the screen as they are: they are already what a screen expects (BT.709 ≈ sRGB), and
// nothing is lit or blended here. No mipmaps: they would draw a seam where the longitude jumps, and mix eyes and faces.
precision highp float;
precision highp sampler2D;

const int EQUIRECT = 0, VR180 = 1, CUBEMAP = 2, EAC = 3;
const float PI = 3.14159265358979;
const float SOFT_EDGE = 0.03; // radians over which a half sphere ends
const float SHARP = 1.5;      // texels a pixel that are still drawn with one sample
const int MOST_SAMPLES = 4;   // along each side of a pixel

uniform sampler2D picture;   // its first row is the frame's upper one
uniform int projection;
uniform vec2 rows;           // of the frame that hold this eye's picture: where they begin, how many; shares of its height
uniform mat3 faces[6];       // of a cube: from their own axes to the world's
uniform mat3 turn;           // from the camera's axes (right, up, back) to the world's
uniform float bend;          // 0: rectilinear; 1: stereographic, a little planet

in vec2 plane;
out vec4 colour;

vec2 faceSize() { // texels
  vec2 size = vec2(textureSize(picture, 0));
  size.y *= rows.y;
  return projection >= CUBEMAP ? size / vec2(3.0, 2.0) : size;
}

// Where a direction lies: the face, and texels from its upper left corner.
vec2 placeOf(vec3 direction, vec2 size, out int face) {
  face = 0;
  vec2 place;
  if (projection < CUBEMAP) {
    float level = length(direction.xz);
    float yaw = level > 0.0 ? atan(direction.x, -direction.z) : 0.0;
    float pitch = atan(direction.y, level); // asin would be coarse near the poles
    place = vec2(yaw / (projection == VR180 ? PI : 2.0 * PI), pitch / PI);
  } else {
    vec3 ahead = vec3(0.0);
    for (int each = 0; each < 6; each++) {
      vec3 seen = direction * faces[each];
      if (seen.z < ahead.z) {
        ahead = seen;
        face = each;
      }
    }
    place = ahead.xy / -ahead.z;
    place = projection == EAC ? atan(place) / (PI / 2.0) : place / 2.0;
  }
  return (vec2(0.5) + vec2(place.x, -place.y)) * size;
}

// The direction at a place; past a face's border it goes on smoothly.
vec3 directionAt(vec2 place, int face, vec2 size) {
  vec2 centred = vec2(1.0, -1.0) * (place / size - 0.5);
  if (projection < CUBEMAP) {
    vec2 angle = centred * vec2(2.0 * PI, PI);
    return vec3(cos(angle.y) * sin(angle.x), sin(angle.y), -cos(angle.y) * cos(angle.x));
  }
  return faces[face] * vec3(projection == EAC ? tan(centred * (PI / 2.0)) : centred * 2.0, -1.0);
}

vec3 texel(vec2 place, int face, vec2 size) {
  vec2 corner = projection < CUBEMAP ? vec2(0.0) : vec2(face % 3, face / 3) * size;
  vec2 frame = vec2(textureSize(picture, 0));
  return textureLod(picture, (corner + place) / frame + vec2(0.0, rows.x), 0.0).rgb;
}

// Between the middles of a face's outermost texels the sampler never reaches over its border.
vec2 within(vec2 place, vec2 size) {
  vec2 inside = clamp(place, vec2(0.5), size - 0.5);
  return projection == EQUIRECT ? vec2(place.x, inside.y) : inside; // the left and right edge are neighbours: the sampler wraps
}

vec3 nearest(vec3 direction, vec2 size) {
  int face;
  vec2 place = placeOf(direction, size, face);
  return texel(within(place, size), face, size);
}

vec3 seen(vec3 direction, vec2 size) {
  int face;
  vec2 place = placeOf(direction, size, face);
  vec2 inside = within(place, size);
  vec2 over = abs(place - inside);
  vec3 here = texel(inside, face, size);
  if (projection == VR180 || over == vec2(0.0)) return here;
  // Along a border, half of what lies between the two texels belongs to the face beyond: over an edge of the cube, or over a pole.
  vec2 next = inside + sign(place - inside);
  vec3 across = over.x > 0.0 ? nearest(directionAt(vec2(next.x, inside.y), face, size), size) : here;
  if (over.y == 0.0) return mix(here, across, over.x);
  vec3 down = nearest(directionAt(vec2(inside.x, next.y), face, size), size);
  vec3 both = over.x > 0.0 ? nearest(directionAt(next, face, size), size) : down;
  return mix(mix(here, across, over.x), mix(down, both, over.x), over.y);
}

// From a place on the plane to a direction: a ray from `bend` behind the middle of the sphere meets it there.
vec3 rayThrough(vec2 place) {
  float behind = bend, far = 1.0 + bend;
  float squared = dot(place, place) + far * far;
  float along = (behind * far + sqrt(behind * behind * far * far + squared * (1.0 - behind * behind))) / squared;
  return turn * vec3(along * place, behind - along * far);
}

void main() {
  vec2 size = faceSize();
  vec2 right = dFdx(plane), up = dFdy(plane);
  vec3 direction = rayThrough(plane);
  float texels = size.y / (projection >= CUBEMAP ? PI / 2.0 : PI) * max(length(dFdx(direction)), length(dFdy(direction)));
  if (projection < CUBEMAP) texels /= max(length(direction.xz), 1.0 / float(MOST_SAMPLES)); // towards a pole texels grow narrow
  int samples = clamp(int(ceil(texels / SHARP)), 1, MOST_SAMPLES);
  if (projection == VR180 && direction.z > 0.0) samples = 1;
  vec3 sum = vec3(0.0);
  for (int row = 0; row < samples; row++) {
    for (int column = 0; column < samples; column++) {
      vec2 offset = (vec2(column, row) + 0.5) / float(samples) - 0.5;
      sum += seen(samples == 1 ? direction : rayThrough(plane + offset.x * right + offset.y * up), size);
    }
  }
  float edge = projection == VR180 ? smoothstep(0.0, SOFT_EDGE, -direction.z) : 1.0;
  colour = vec4(sum / float(samples * samples) * edge, 1.0);
}
