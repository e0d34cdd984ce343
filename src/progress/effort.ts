/** How hard to try, from 0 (fastest) to 9 (smallest). */
export type EffortLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** How hard to try: a preset or a level. */
export type Effort = 'fast' | 'default' | 'max' | EffortLevel;

const PRESETS: Record<string, EffortLevel> = { fast: 2, default: 5, max: 9 };

/** The level of a preset or a level; throws RangeError for anything else. */
export function effortLevel(effort: Effort): EffortLevel {
  const level = typeof effort === 'string' ? PRESETS[effort] : effort;
  if (level === undefined || !Number.isInteger(level) || level < 0 || level > 9) {
    throw new RangeError(`effort: expected fast, default, max or 0..9, got ${JSON.stringify(effort)}`);
  }
  return level;
}
