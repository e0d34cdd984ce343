import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ScratchFolder } from './scratch-folder.js';

/** Answers everything that the page asks for but `/told`, where it posts what it found, as JSON. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const PATIENCE_MS = 90_000;

/** Opens a page of a server of ours on the loopback in Debian's Chromium, and answers what the page told. */
export async function askChromium(answer: Answer): Promise<Record<string, unknown>> {
  const profile = new ScratchFolder();
  let browser: ChildProcess | undefined;
  let tell: (value: Record<string, unknown>) => void = () => {};
  const telling = new Promise<Record<string, unknown>>((resolve) => {
    tell = resolve;
  });
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/told') return answer(request, response);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.end();
    tell(JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const patience = setTimeout(() => tell({ error: 'the browser told nothing' }), PATIENCE_MS);
  try {
    const { port } = server.address() as AddressInfo;
    browser = spawn('chromium', [...FLAGS, `--user-data-dir=${profile.path}`, `http://localhost:${port}/`], {
      stdio: 'ignore',
      detached: true,
    });
    return await telling;
  } finally {
    clearTimeout(patience);
    server.closeAllConnections();
    server.close();
    if (browser?.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    profile.clean();
  }
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];
