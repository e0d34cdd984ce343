import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { patchError } from '../../errors/patch-error.js';
import { PatchServer } from '../../formats-diff/serve-patches.js';
import { type CommandLine, parseCount } from '../command-line.js';
import { folderVersions } from '../folder-versions.js';
import type { Terminal } from '../terminal.js';

/** Serves until it is interrupted. */
export async function runServe(line: CommandLine, terminal: Terminal): Promise<void> {
  const [folder] = line.operands as [string];
  const port = parseCount(line.text('port') ?? '8080', 'port', 0, 65535);
  const maxAge = parseCount(line.text('max-age') ?? '3600', 'max-age', 0, 31_536_000);
  const source = folderVersions([folder, ...line.texts('old')]);
  const server = createServer(new PatchServer(source, { cacheControl: `max-age=${maxAge}` }).listener);
  const host = line.text('host') ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        patchError(
          'READ_FAILED',
          'storage',
          `cannot listen on ${host}, port ${port}: ${cause.message}`,
          { errno: cause.code ?? null },
          cause,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/`;
  if (!(await terminal.printJson('serve', { url, folder }))) terminal.note(`serving ${folder} at ${url}`);
  const { signal } = terminal;
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  signal.throwIfAborted();
}
