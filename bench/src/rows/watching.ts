import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Watches the event loop. @returns what ends it, with the longest delay in milliseconds */
export function stall(): () => number {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  return () => {
    delay.disable();
    return delay.max / 1e6;
  };
}

/** Watches the memory of this process. @returns what ends it, with the bytes that it had more than now at the most */
export function peakOf(): () => number {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  return () => {
    clearInterval(watching);
    return most - before;
  };
}
