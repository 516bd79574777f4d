/**
 * The sphere of sound, heard from where the visitor looks: ambisonics of the first order, ACN order, SN3D (AmbiX), turned and put on two ears.
 *
 * Pure maths. A source in the direction d (world frame: right, up, back) is W = s, Y = −s·d.x, Z = s·d.y, X = −s·d.z.
 */

/** What each ear hears of W, Y, Z, X. */
export interface Ears {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** Of each ear's microphone from straight ahead: nearly sideways, and a little to the front, so that what is behind is softer. */
const EAR = (70 * Math.PI) / 180;

/** Gains of two virtual cardioid microphones on a head that looks there (radians; yaw to the right, pitch up, roll tips it to the right). */
export function ears(yaw: number, pitch: number, roll = 0): Ears {
  return { left: cardioid(direction(yaw, pitch, roll, -EAR)), right: cardioid(direction(yaw, pitch, roll, EAR)) };
}

/** What a source in a direction is made of: W, Y, Z, X. */
export function encoded(d: readonly [x: number, y: number, z: number]): number[] {
  return [1, -d[0], d[1], -d[2]];
}

/** World direction of what lies `aside` to the right of ahead, as the head has it. */
function direction(yaw: number, pitch: number, roll: number, aside: number): [number, number, number] {
  const [sy, cy] = [Math.sin(yaw), Math.cos(yaw)];
  const [sp, cp] = [Math.sin(pitch), Math.cos(pitch)];
  const [sa, ca] = [Math.sin(aside), Math.cos(aside)];
  const [across, down] = [sa * Math.cos(roll), sa * Math.sin(roll)];
  // ahead is (cp·sy, sp, −cp·cy); with a level head right is (cy, 0, sy) and down (sp·sy, −cp, −sp·cy)
  return [ca * cp * sy + across * cy + down * sp * sy, ca * sp - down * cp, -ca * cp * cy + across * sy - down * sp * cy];
}

/** A cardioid hears ½ (1 + cos) of what comes at an angle; in the field that is half of W and half along its direction. */
function cardioid(d: readonly [number, number, number]): number[] {
  return encoded(d).map((part) => 0.5 * part);
}
