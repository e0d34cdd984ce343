import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createPatchSync } from '../../src/index.js';
import { useCli } from '../support/cli-fixture.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';

// Large enough that many writes and turns of the event loop follow the first.
const random = new SeededRandom(47);
const oldBytes = new Uint8Array(Uint32Array.from({ length: 2 << 20 }, () => random.u32()).buffer);
const newBytes = oldBytes.slice();
for (let offset = 1000; offset < newBytes.length; offset += 999_983) newBytes[offset]! ^= 0x55;
const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast', verify: false });
const cli = useCli({ old: oldBytes, new: newBytes, 'p.dkp': patch });

const FILES = ['new', 'old', 'p.dkp'];

async function finish(child: ChildProcess): Promise<{ status: number | null; stderr: string }> {
  let stderr = '';
  child.stderr!.on('data', (piece) => {
    stderr += piece;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stderr };
}

const interrupted = { status: 130, stderr: 'deltakit: interrupted; nothing was left behind\n' };

describe('an interrupt', () => {
  /** Interrupts the process at its first write to a file, and holds every write up so that the signal arrives on the way. */
  const interruptAtWrite = (signal: string) =>
    cli.program.writeScript(
      `${signal}.mjs`,
      `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { writeSync } = fs;
let writes = 0;
fs.writeSync = (...args) => {
  if (++writes === 1) {
    process.stderr.write(fs.readdirSync('.').filter((name) => name.endsWith('.tmp')).length + ' temporary\\n');
    process.kill(process.pid, '${signal}');
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
  return writeSync(...args);
};
syncBuiltinESMExports();
`,
    );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s while new is written leaves nothing', async (signal) => {
    const child = cli.program.start(cli.folder, ['apply', 'old', 'p.dkp', '-o', 'out'], {
      preload: interruptAtWrite(signal),
    });
    const { status, stderr } = await finish(child);
    expect({ status, stderr }).toEqual({ status: 130, stderr: `1 temporary\n${interrupted.stderr}` });
    expect(cli.folder.names()).toEqual(FILES);
  });

  it('keeps the file that was to be replaced', async () => {
    const child = cli.program.start(cli.folder, ['apply', 'old', 'p.dkp', '-o', 'old', '-f'], {
      preload: interruptAtWrite('SIGINT'),
    });
    expect((await finish(child)).status).toBe(130);
    expect(cli.folder.names()).toEqual(FILES);
    const check = cli.run(['verify', 'p.dkp', '--old', 'old']);
    expect(check.status).toBe(0);
  });

  it('ends waiting for standard input', async () => {
    const child = cli.program.start(cli.folder, ['apply', 'old', '-', '-o', 'out']);
    // Half a patch arrives, then nothing more: the program waits.
    child.stdin!.write(patch.subarray(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect(await finish(child)).toEqual(interrupted);
    expect(cli.folder.names()).toEqual(FILES);
  });

  it('ends a benchmark with what it measures, and removes its folder', async () => {
    const scratch = new ScratchFolder();
    try {
      const child = cli.program.start(cli.folder, ['bench', 'old', 'new'], { env: { TMPDIR: scratch.path } });
      const result = finish(child);
      await once(child.stderr!, 'data');
      process.kill(-child.pid!, 'SIGINT');
      const { status, stderr } = await result;
      expect(status).toBe(130);
      expect(stderr).toContain(interrupted.stderr);
      expect(scratch.names()).toEqual([]);
    } finally {
      scratch.clean();
    }
  });
});
