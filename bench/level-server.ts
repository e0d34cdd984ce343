import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A static web server on loopback, with ranges. `folder` and `tamper` may be changed while it runs: the demo's attacker. */
export class LevelServer {
  folder: string;
  /** Changes a byte in every object that goes out. */
  tamper = false;
  /** Bytes of objects that went out. */
  sent = 0;
  private readonly server: Server;

  constructor(folder: string) {
    this.folder = folder;
    this.server = createServer((request, response) => {
      const path = join(
        this.folder,
        decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname),
      );
      if (!existsSync(path) || !statSync(path).isFile()) {
        response.writeHead(404).end();
        return;
      }
      const { size, mtimeMs } = statSync(path);
      const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`;
      const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
      const start =
        asked !== null && request.headers['if-range'] === etag ? Math.min(Number(asked[1]), size - 1) : 0;
      const isObject = path.includes('/objects/');
      if (isObject) this.sent += size - start;
      response.writeHead(start > 0 ? 206 : 200, {
        etag,
        'content-length': size - start,
        ...(start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {}),
      });
      const stream = createReadStream(path, { start });
      if (this.tamper && isObject) {
        let isFirst = true;
        stream.on('data', (piece) => {
          if (isFirst) (piece as Buffer)[(piece as Buffer).length >> 1]! ^= 1;
          isFirst = false;
        });
      }
      stream.pipe(response);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
