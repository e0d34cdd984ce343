import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sha256Hex } from './vector-set.js';

/** Answers a request in its own way; answers false to leave it to the server. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
) => boolean | undefined;

/** A static web server on loopback, as any object store behaves: ranges, strong validators, If-Range. Faults can be put in. */
export class StaticServer {
  readonly requests: {
    readonly url: string;
    readonly range: string | undefined;
    readonly headers: IncomingMessage['headers'];
  }[] = [];
  fault: Fault | undefined;
  /** Bytes of bodies that were sent. */
  sent = 0;
  private readonly server: Server;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.server = createServer((request, response) => this.answer(request, response));
  }

  static async start(folder: string): Promise<StaticServer> {
    const server = new StaticServer(folder);
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Addresses that were asked for, objects of the repository only. */
  get objects(): string[] {
    return this.requests.map(({ url }) => url).filter((url) => url.includes('/objects/'));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '/', headers } = request;
    const { range } = headers;
    this.requests.push({ url, range, headers });
    const path = join(this.folder, decodeURIComponent(url));
    const isFile = existsSync(path) && statSync(path).isFile();
    if (this.fault?.(request, response, isFile ? readFileSync(path) : new Uint8Array(0)) === true) return;
    if (!isFile) {
      response.writeHead(404).end('not here');
      return;
    }
    const { size } = statSync(path);
    const etag = `"${sha256Hex(readFileSync(path)).slice(0, 20)}"`;
    const asked = /^bytes=(\d+)-$/.exec(range ?? '');
    const start = Number(asked?.[1] ?? 0);
    if (asked !== null && headers['if-range'] === etag && start < size) {
      this.sent += size - start;
      response.writeHead(206, {
        etag,
        'content-length': size - start,
        'content-range': `bytes ${start}-${size - 1}/${size}`,
      });
      createReadStream(path, { start }).pipe(response);
      return;
    }
    this.sent += size;
    response.writeHead(200, { etag, 'content-length': size, 'accept-ranges': 'bytes' });
    createReadStream(path).pipe(response);
  }
}
