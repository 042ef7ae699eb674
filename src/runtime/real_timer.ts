/** Runs `work` once after `delayMs` of real time; returns what cancels it. */
export function realTimer(work: () => void, delayMs: number): () => void {
  const timer = setTimeout(work, delayMs);
  return () => clearTimeout(timer);
}
