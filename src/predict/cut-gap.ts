/** Where the whole words of a gap begin and end; equal when it has none. */
export interface GapWords {
  readonly start: number;
  readonly end: number;
}

/** The words of new[start, end), a gap or a slice of one: arm64 code at multiples of 4. The rest of it are bytes. */
export function wordsOfGap(start: number, end: number, hasWords: boolean): GapWords {
  if (!hasWords) return { start: end, end };
  const from = Math.min(end, Math.ceil(start / 4) * 4);
  return { start: from, end: Math.max(from, end - (end % 4)) };
}
