/** Do something at most once in `ms`: at the end of that time when it is asked for meanwhile. */
export function paced(ms: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      act();
    }, ms);
  };
}
