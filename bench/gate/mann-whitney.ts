/**
 * The Mann-Whitney U test with its exact distribution (H. B. Mann and D. R. Whitney, "On a test of whether one of two random
 * variables is stochastically larger than the other", Annals of Mathematical Statistics 18, 1947): the number of ways in
 * which n and m observations interleave with a given U follows p(n, m, u) = p(n-1, m, u-m) + p(n, m-1, u). `benchmark` has the
 * test too, but answers at 5 % only; here the probability itself is needed.
 */

/**
 * Probability that observations of one distribution fall at least as far towards "`slow` is larger" as these did.
 * One-sided, in 0..1. Equal values count half, and the sum is rounded towards "no difference".
 */
export function slowerByChance(slow: readonly number[], fast: readonly number[]): number {
  if (slow.length === 0 || fast.length === 0) throw new RangeError('slowerByChance: no observations');
  const total = slow.length * fast.length;
  let wins = 0;
  for (const a of slow) for (const b of fast) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const losses = Math.ceil(total - wins);
  const ways = countInterleavings(slow.length, fast.length);
  const all = ways.reduce((sum, count) => sum + count, 0);
  return ways.slice(0, losses + 1).reduce((sum, count) => sum + count, 0) / all;
}

/** For each U from 0 to n * m, in how many ways n and m observations interleave. */
function countInterleavings(n: number, m: number): number[] {
  let row = Array.from({ length: m + 1 }, () => [1]);
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= m; j++) {
      const counts = new Array<number>(i * j + 1).fill(0);
      row[j]!.forEach((count, u) => {
        counts[u + j]! += count;
      });
      next[j - 1]!.forEach((count, u) => {
        counts[u]! += count;
      });
      next.push(counts);
    }
    row = next;
  }
  return row[m]!;
}
