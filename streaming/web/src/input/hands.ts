/** Whether there is any sense in offering to follow the device: a thing held in hands. */
export function gyroOffered(): boolean {
  return "DeviceOrientationEvent" in window && navigator.maxTouchPoints > 0;
}
