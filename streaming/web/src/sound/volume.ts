/** Whether a page may say how loud an element is: on iPhones only the buttons at their side do, and what is written stays 1. */
export function volumeSticks(element: { volume: number }): boolean {
  const before = element.volume;
  const other = before === 0.5 ? 1 : 0.5;
  element.volume = other;
  const sticks = element.volume === other;
  element.volume = before;
  return sticks;
}
