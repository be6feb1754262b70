// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en");

/** 1,234, then 12.3k, 4.5M: short enough for a column. */
export function count(n: number): string {
  if (n < 10_000) return whole.format(n);
  for (const [unit, sign] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (n >= unit * 0.9995) {
      const value = n / unit;
      return `${value.toFixed(value < 99.95 ? 1 : 0).replace(/\.0$/, "")}${sign}`;
    }
  }
  return whole.format(n);
}

export function exact(n: number): string {
  return whole.format(n);
}

export function percent(share: number): string {
  if (share > 0 && share < 0.01) return "<1%";
  if (share < 1 && share > 0.99) return ">99%";
  return `${Math.round(share * 100)}%`;
}

const STEPS = [["d", 86_400], ["h", 3_600], ["m", 60], ["s", 1]] as const;

/** How long ago: 5s, 12m, 3h, 4d, 2y. */
export function ago(time: string | number, now: number): string {
  const seconds = Math.round((now - new Date(time).getTime()) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (seconds < 0) return seconds > -5 ? "now" : `in ${length(-seconds)}`;
  return seconds < 5 ? "now" : length(seconds);
}

/** A length of time by its greatest unit. */
export function length(seconds: number): string {
  if (seconds >= 730 * 86_400) return `${Math.floor(seconds / (365 * 86_400))}y`;
  for (const [unit, worth] of STEPS) if (seconds >= worth) return `${Math.floor(seconds / worth)}${unit}`;
  return "0s";
}

const two = (n: number) => String(n).padStart(2, "0");

/** Local date and time: 2026-11-24 14:03:09. */
export function local(time: string | number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return String(time);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The same in UTC, as it is told on hover. */
export function utc(time: string | number): string {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Under an axis: as much as a bucket of this many seconds needs. */
export function tick(time: number, step: number): string {
  const at = new Date(time);
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const day = `${at.getDate()} ${months[at.getMonth()]}`;
  if (step >= 86_400) return day;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (step < 60) return `${clock}:${two(at.getSeconds())}`;
  return at.getHours() === 0 && at.getMinutes() === 0 ? day : clock;
}
