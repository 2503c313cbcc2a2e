/**
 * Numbers as people read them.
 *
 * @module
 */

/** A span of time: `350 ms`, `4.2 s`, `2 m 05 s`, `1 h 04 m`. */
export function shownTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size: `512 bytes`, `1.5 MiB`. */
export function shownBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return bytes === 1 ? "1 byte" : `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** A count with its noun: `1 stage`, `12,000 stages`. */
export function shownCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${shownNumber(count)} ${count === 1 ? noun : plural}`;
}

/** A whole number with commas. Not by locale: logs of two machines are to be alike. */
export function shownNumber(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
