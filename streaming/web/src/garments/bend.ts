/**
 * The view that bends (sky/view.ts) for what three.js draws: the world seen from `bend` behind its middle, as the sky's own shader has it.
 * A camera's projection is that of the plane; where nothing bends, all is as three has it.
 */

import type { IUniform } from "three";

/** How far the view bends: 0, or none, in a headset. */
export type Bend = IUniform<number>;

export const STRAIGHT: Bend = { value: 0 };

/** Before a vertex shader's main. */
export const BEND_UNIFORM = "uniform float bend;\n";

/** After `mvPosition` and `gl_Position` are known; vertices are moved, so what is long and straight should have some between its ends. */
export const BEND_POSITION = `
  if (bend > 0.0) {
    float away = length(mvPosition.xyz);
    vec3 ray = mvPosition.xyz / away;
    float depth = (projectionMatrix[3][2] - projectionMatrix[2][2] * away) / away;
    float along = bend - ray.z;
    gl_Position = vec4((1.0 + bend) * ray.xy * vec2(projectionMatrix[0][0], projectionMatrix[1][1]), depth * along, along);
  }
`;
