/** More slips than this, or than in every second letter, make another word. */
const MOST_SLIPS = 2;

/** The word that was probably meant; undefined when none is near. */
export function nearestWord(typed: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, slips: countSlips(typed, word) }))
    .filter(({ word, slips }) => slips <= Math.min(MOST_SLIPS, Math.floor((word.length - 1) / 2)))
    .sort((a, b) => a.slips - b.slips || (a.word < b.word ? -1 : 1));
  return best?.word;
}

/** Letters left out, added, changed or swapped with their neighbour between two words (optimal string alignment distance). */
function countSlips(from: string, to: string): number {
  let [twoAbove, above]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, changed);
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) row[j] = Math.min(row[j]!, twoAbove[j - 2]! + 1);
    }
    [twoAbove, above] = [above, row];
  }
  return above[to.length]!;
}
