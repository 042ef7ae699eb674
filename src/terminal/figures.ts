const NONE = '–';
const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;

/** `1:02:03`, `2d 3:04:05` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n % 60).padStart(2, '0');
  const days = Math.floor(whole / 86_400);
  const clock = `${Math.floor((whole % 86_400) / 3_600)}:${two(Math.floor(whole / 60))}:${two(whole)}`;
  return days === 0 ? clock : `${days}d ${clock}`;
}

/** `14:02:33` in UTC */
export const timeOfDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(11, 19);

/** `12,345` */
export const grouped = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

/** A number with so many decimals, or a dash. */
export const fixed = (n: number | null, decimals: number): string =>
  n === null || !Number.isFinite(n) ? NONE : n.toFixed(decimals);

/** Basis points: two decimals while they are few, or a dash. */
export const bps = (n: number | null): string => fixed(n, n !== null && Math.abs(n) >= 10 ? 1 : 2);

/** An exact decimal cut to so many decimals with its sign shown, `+1.20`, `-0.03`; zero has none. */
export function signed(exact: string, decimals: number): string {
  const text = Number(exact).toFixed(decimals);
  if (Number(text) === 0) return text.replace('-', '');
  return text.startsWith('-') ? text : `+${text}`;
}

/** A rate: `0.4`, `12`, `1.2k` */
export function rate(n: number): string {
  if (n >= 10_000) return `${(n / 1_000).toFixed(0)}k`;
  if (n >= 1_000) return `${(n / 1_000).toFixed(1)}k`;
  return n >= 100 || n === 0 ? n.toFixed(0) : n.toFixed(1);
}

/** A latency from microseconds: `0.8µs`, `12µs`, `3.4ms`, `1.2s` */
export function latency(us: number | null): string {
  if (us === null || !Number.isFinite(us)) return NONE;
  if (us < 10) return `${us.toFixed(1)}µs`;
  if (us < 1_000) return `${us.toFixed(0)}µs`;
  if (us < 1_000_000) return `${(us / 1_000).toFixed(us < 100_000 ? 1 : 0)}ms`;
  return `${(us / 1_000_000).toFixed(1)}s`;
}

/** A count in at most five cells: `999`, `12.3k`, `4.5M` */
export function compact(n: number): string {
  if (n < 10_000) return String(n);
  return n < 1_000_000 ? `${(n / 1_000).toFixed(n < 100_000 ? 1 : 0)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}

/** A bar of at most `width` cells for a share from 0 to 1, in eighths of a cell. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + BLOCKS[eighths % 8]!;
}
