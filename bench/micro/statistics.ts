/** Statistics of durations. Medians and minima only: means of a busy machine say little. */

/** Middle value, or the mean of the two middle values. Throws RangeError on no values. */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('medianOf: no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function minimumOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('minimumOf: no values');
  return values.reduce((least, value) => Math.min(least, value));
}

/** Half the width of the middle half of the values, relative to their median: 0.02 reads "within 2 %". */
export function relativeSpread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)]!;
  return (at(0.75) - at(0.25)) / 2 / medianOf(values);
}

/** Millions of bytes per second. */
export function megabytesPerSecond(bytes: number, milliseconds: number): number {
  return bytes / 1000 / milliseconds;
}
