/**
 * Text of a level, for people only. A level is a number wherever it is compared or stored; nothing here is ever parsed back, and the text
 * never gets into the patched files: other software parses version strings.
 */

/** 1 is "a", 26 "z", 27 "aa"; 0, the baseline, is "". */
export function levelLetters(level: number): string {
  let letters = '';
  for (let rest = level; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(97 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/** "26.3.1 (a)"; the baseline is "26.3.1". */
export function displayVersion(baseVersion: string, level: number): string {
  return level === 0 ? baseVersion : `${baseVersion} (${levelLetters(level)})`;
}
