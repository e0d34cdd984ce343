import type { Progress } from '../progress/operation-options.js';

/** Where a bar may be drawn: a terminal that moves its cursor, and nobody who asked for quiet. */
export interface BarTarget {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Whether to draw: on a terminal only, not in CI nor on a dumb one; FORCE_COLOR insists. */
export function wantsBar(
  target: BarTarget,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (!target.isTTY) return false;
  if (environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0') return true;
  return environment.CI === undefined && environment.TERM !== 'dumb';
}

const WIDTH = 24;

/** A one-line progress bar. `NO_COLOR` leaves the colour away. */
export class ProgressBar {
  private readonly target: BarTarget;
  private readonly color: boolean;
  private drawn = false;

  constructor(target: BarTarget, environment: Readonly<Record<string, string | undefined>>) {
    this.target = target;
    this.color = environment.NO_COLOR === undefined || environment.NO_COLOR === '';
  }

  readonly show = ({ stage, done, total }: Progress): void => {
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const filled = Math.round(share * WIDTH);
    const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`;
    const text = `${stage.padEnd(8)} [${this.color ? `\x1b[36m${bar}\x1b[39m` : bar}] ${String(Math.floor(share * 100)).padStart(3)} %`;
    this.target.write(`\r\x1b[2K${text}`);
    this.drawn = true;
  };

  clear(): void {
    if (this.drawn) this.target.write('\r\x1b[2K');
    this.drawn = false;
  }
}
