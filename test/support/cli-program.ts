import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { ScratchFolder } from './scratch-folder.js';
import { readSources } from './source-graph.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  /** Standard output as bytes. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** A script to load before the program. */
  readonly preload?: string;
  readonly uid?: number;
}

/**
 * The command line as it stands in `src`, compiled file by file into a folder of its own: what is tested is never an older build,
 * and modules load when they load in the package.
 */
export class CliProgram {
  readonly main: string;
  private readonly home = new ScratchFolder();

  constructor() {
    const outdir = this.home.file('dist');
    // Tests run it as another user too.
    chmodSync(this.home.path, 0o755);
    buildSync({
      absWorkingDir: ROOT,
      entryPoints: [...readSources('src').keys(), ...generatedKernels()],
      outdir,
      outbase: 'src',
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
    });
    copyFileSync(join(ROOT, 'package.json'), this.home.file('package.json'));
    symlinkSync(join(ROOT, 'node_modules'), this.home.file('node_modules'));
    this.main = join(outdir, 'cli/main.js');
  }

  /** Runs the program in a folder, to its end. */
  run(folder: ScratchFolder, args: readonly string[], options: CliOptions = {}): CliResult {
    const { status, stdout, stderr } = spawnSync(process.execPath, this.words(args, options), {
      cwd: folder.path,
      env: environment(options),
      input: options.input ?? '',
      maxBuffer: 1 << 26,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
    });
    return { status, stdout: stdout.toString(), bytes: new Uint8Array(stdout), stderr: stderr.toString() };
  }

  /** Starts the program in a process group of its own; its standard input stays open. */
  start(folder: ScratchFolder, args: readonly string[], options: CliOptions = {}): ChildProcess {
    return spawn(process.execPath, this.words(args, options), {
      cwd: folder.path,
      env: environment(options),
      detached: true,
    });
  }

  /** Writes a script that `preload` takes. */
  writeScript(name: string, text: string): string {
    const path = this.home.file(name);
    writeFileSync(path, text);
    return path;
  }

  clean(): void {
    this.home.clean();
  }

  private words(args: readonly string[], { preload }: CliOptions): string[] {
    return [...(preload === undefined ? [] : ['--import', preload]), this.main, ...args];
  }
}

const TELLING = ['CI', 'NO_COLOR', 'FORCE_COLOR', 'NODE_OPTIONS'];

/** The environment without what would change what the program prints. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !TELLING.includes(name)));
}

function environment({ env }: CliOptions): NodeJS.ProcessEnv {
  return { ...plainEnvironment(), ...env };
}

function generatedKernels(): string[] {
  const names = ['apply', 'apply-simd', 'diff', 'diff-simd'];
  return names.map((name) => `src/kernels/generated/${name}-wasm.ts`);
}

/** Version of the package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}
