/** The packed tarball in runtimes other than Node: the same patch bytes everywhere. Each runtime comes from the npm registry. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScratchFolder } from '../support/scratch-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPTS = fileURLToPath(new URL('./runtimes', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';

interface Runtime {
  readonly name: string;
  readonly packages: readonly string[];
  /** The program and its arguments, inside the scratch folder. */
  readonly command: readonly [string, ...string[]];
  /** Something that no package brings. */
  readonly needs?: string;
}

const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Deno',
    packages: ['deno@2.9.6'],
    command: ['node_modules/.bin/deno', 'run', '--allow-all', 'print.mjs'],
  },
  {
    name: 'Bun',
    packages: ['bun@1.4.5'],
    command: ['node_modules/.bin/bun', 'print.mjs'],
  },
  {
    name: 'workerd',
    packages: ['miniflare@4.20260415.0', 'esbuild@0.28.2'],
    command: [process.execPath, 'run-in-workerd.mjs'],
  },
  {
    name: 'Chromium',
    packages: ['playwright-core@1.64.1', 'esbuild@0.28.2'],
    command: [process.execPath, 'run-in-chromium.mjs'],
    needs: CHROMIUM,
  },
];

describe('the packed tarball', () => {
  const folder = new ScratchFolder();
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { cwd: folder.path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const install = (...packages: string[]) => run('npm', ['install', '--no-audit', '--no-fund', ...packages]);
  let expected: readonly string[] = [];

  beforeAll(() => {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder.path], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    const archive = folder.names().find((name) => name.endsWith('.tgz'))!;
    writeFileSync(folder.file('package.json'), '{"private":true,"type":"module"}');
    cpSync(SCRIPTS, folder.path, { recursive: true });
    install('--prefer-offline', `./${archive}`);
    expected = JSON.parse(run(process.execPath, ['print.mjs'])) as string[];
  });
  afterAll(() => folder.clean());

  it.for(RUNTIMES)(
    'makes the same patch in $name, SIMD and scalar',
    ({ name, packages, command, needs }, { skip }) => {
      if (needs !== undefined && !existsSync(needs)) {
        console.warn(`${name}: ${needs} is not installed: skipped`);
        skip('not installed');
      }
      try {
        install(...packages);
      } catch {
        console.warn(`${name} could not be fetched from the npm registry: skipped`);
        skip('no registry');
      }
      const [program, ...args] = command;
      const digests = JSON.parse(run(program, args)) as string[];
      expect(digests).toHaveLength(2);
      expect(digests).toEqual(expected);
    },
  );
});
