/**
 * What a whole process takes: CPU seconds and peak memory, as the system accounts for them.
 *
 * Two tools are combined where both are there: bash's `time` gives milliseconds (GNU time stops at hundredths, too coarse
 * for a patch that applies in 0.1 s), GNU time the peak memory. A program started by a large process begins with that
 * process's peak as its own on Linux, so memory must be asked by a small one, which GNU time is and Python is not
 * (its floor is about 10 MiB); Python serves where GNU time is missing, as on macOS. Where nothing of this is there, processes of
 * our own still tell what they took (usage-probe.ts).
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { USAGE_FILE_VARIABLE } from './usage-file.js';

/** What one process took: CPU seconds, peak resident memory. Undefined where it cannot be measured. */
export interface ProcessCost {
  /** User + system. */
  readonly cpuSeconds: number | undefined;
  readonly userSeconds: number | undefined;
  readonly peakKiB: number | undefined;
}

export interface MeasuredRun {
  /** Undefined when the process was ended by a signal or could not be started. */
  readonly status: number | undefined;
  readonly errorText: string;
  readonly wallSeconds: number;
  readonly cost: ProcessCost;
}

export type Meter = 'bash and GNU time' | 'GNU time' | 'python3' | 'none';

const TIME = '/usr/bin/time';
const UNKNOWN: ProcessCost = { cpuSeconds: undefined, userSeconds: undefined, peakKiB: undefined };
const BASH_SCRIPT = '{ time "$@" 2>&3; } 3>&2 2>"$0"';
const PYTHON_SCRIPT = `import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{usage.ru_utime} {usage.ru_stime} {usage.ru_maxrss}")
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))`;

/** The best meter of this machine. */
export function findMeter(): Meter {
  const works = (program: string, args: readonly string[]) =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  if (existsSync(TIME) && works(TIME, ['-q', '-f', '%U', '-o', '/dev/null', 'true'])) {
    return works('bash', ['-c', 'true']) ? 'bash and GNU time' : 'GNU time';
  }
  return works('python3', ['-c', 'import os; os.wait4; os.posix_spawnp']) ? 'python3' : 'none';
}

/** Runs a program to its end. */
export function measureProcess(meter: Meter, program: string, args: readonly string[]): MeasuredRun {
  const folder = mkdtempSync(join(tmpdir(), 'deltakit-meter-'));
  const files = [join(folder, 'usage'), join(folder, 'memory')];
  try {
    const [command, ...words] = wrapCommand(meter, files, [program, ...args]);
    const start = process.hrtime.bigint();
    const { status, stderr, error } = spawnSync(command!, words, {
      env: {
        ...process.env,
        LC_NUMERIC: 'C',
        TIMEFORMAT: '%3U %3S',
        ...(meter === 'none' ? { [USAGE_FILE_VARIABLE]: files[0] } : {}),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      maxBuffer: 1 << 26,
    });
    return {
      status: status ?? undefined,
      errorText: error?.message ?? stderr.toString(),
      wallSeconds: Number(process.hrtime.bigint() - start) / 1e9,
      cost: readCost(files, meter),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wrapCommand(meter: Meter, files: readonly string[], command: readonly string[]): readonly string[] {
  const [usage, memory] = files as [string, string];
  switch (meter) {
    case 'bash and GNU time':
      return ['bash', '-c', BASH_SCRIPT, usage, TIME, '-q', '-f', '%M', '-o', memory, ...command];
    case 'GNU time':
      return [TIME, '-q', '-f', '%U %S %M', '-o', usage, ...command];
    case 'python3':
      return ['python3', '-c', PYTHON_SCRIPT, usage, ...command];
    case 'none':
      return probeOwn(command);
  }
}

const PROBE = new URL('./usage-probe.js', import.meta.url);

/** A process of Node can tell what it took itself, once it is built; another program's cost stays unknown. */
function probeOwn([program, ...args]: readonly string[]): readonly string[] {
  const canTell = program === process.execPath && existsSync(PROBE);
  return canTell ? [program, '--import', PROBE.href, ...args] : [program!, ...args];
}

function readCost(files: readonly string[], meter: Meter): ProcessCost {
  const text = files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join(' ');
  const [user, system, peak] = text.trim().split(/\s+/).map(Number);
  if (user === undefined || system === undefined || peak === undefined || Number.isNaN(peak)) return UNKNOWN;
  // macOS counts bytes where Linux counts KiB; Node counts KiB everywhere.
  const peakKiB = process.platform === 'darwin' && meter !== 'none' ? Math.round(peak / 1024) : peak;
  return { cpuSeconds: user + system, userSeconds: user, peakKiB };
}
