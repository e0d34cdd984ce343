import type { Progress } from '../progress/operation-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a bar may be drawn: a terminal that moves its cursor, and nobody who asked for quiet. */
export interface BarTarget {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Whether to draw: on a terminal only, not in CI nor on a dumb one; FORCE_COLOR insists in CI. */
export function wantsBar(target: BarTarget, environment: Environment): boolean {
  if (!target.isTTY || environment.TERM === 'dumb') return false;
  return forcesColor(environment) || environment.CI === undefined;
}

function forcesColor({ FORCE_COLOR }: Environment): boolean {
  return FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
}

/** FORCE_COLOR decides where it is set, else NO_COLOR with any value but none. */
function wantsColor(environment: Environment): boolean {
  if (environment.FORCE_COLOR !== undefined) return forcesColor(environment);
  return environment.NO_COLOR === undefined || environment.NO_COLOR === '';
}

const BAR_WIDTH = 24;
const LABEL_WIDTH = 9;
/** Blanks, brackets and the percentage beside the bar, and a column that stays empty so that no terminal wraps. */
const FRAME_WIDTH = 10;
const DEFAULT_COLUMNS = 80;
/** Least time between two drawings: 20 a second. */
const INTERVAL_MS = 50;

/** A one-line progress bar. */
export class ProgressBar {
  private readonly target: BarTarget;
  private readonly color: boolean;
  private readonly now: () => number;
  private drawn = false;
  private last = Number.NEGATIVE_INFINITY;

  constructor(target: BarTarget, environment: Environment, now: () => number = () => performance.now()) {
    this.target = target;
    this.color = wantsColor(environment);
    this.now = now;
  }

  readonly show = ({ stage, done, total }: Progress): void => {
    const now = this.now();
    if (now - this.last < INTERVAL_MS) return;
    this.last = now;
    const columns = this.target.columns || DEFAULT_COLUMNS;
    const width = Math.max(0, Math.min(BAR_WIDTH, columns - LABEL_WIDTH - FRAME_WIDTH));
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const filled = Math.round(share * width);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(width - filled)}`;
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    const middle = width === 0 ? '' : ` [${this.color ? `\x1b[36m${bar}\x1b[39m` : bar}]`;
    this.target.write(`\r\x1b[2K${stage.padEnd(LABEL_WIDTH - 1)}${middle} ${percent}`);
    this.drawn = true;
  };

  clear(): void {
    if (this.drawn) this.target.write('\r\x1b[2K');
    this.drawn = false;
  }
}
