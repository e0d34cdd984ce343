/** Figures as text, the same in tables, charts and on the terminal. A missing figure is a dash. */

export function formatCount(value: number | undefined): string {
  return value === undefined ? '-' : String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant digits, but no finer than the millisecond that is measured. */
export function formatSeconds(value: number | undefined): string {
  if (value === undefined) return '-';
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

export function formatMebibytes(kibibytes: number | undefined): string {
  return kibibytes === undefined ? '-' : formatCount(Math.round(kibibytes / 1024));
}

/** Ratios on both sides of 1: `0.043`, `0.41`, `1.20`, `35.2`, `120`. */
export function formatRatio(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : value >= 0.01 ? 3 : 4);
}
