import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { PatchError, patchError } from '../errors/patch-error.js';
import type { RepositoryObject } from '../levels/level-manifest.js';
import { withPath } from '../node/storage-error.js';
import { failed, type HttpLink } from './http-link.js';
import { bodyPieces, DEFAULT_PATIENCE, type Patience, withPatience } from './watched-body.js';

/**
 * Downloads of objects, that go on where they stopped: after a broken connection, and after the agent was killed.
 *
 * What came so far is in `<path>.part`, named by the digest that the whole will have, and the server's strong validator (RFC 9110, section
 * 8.8.1) in `<path>.tag`. The rest is asked for with Range and If-Range. Nothing is appended unless the answer is a 206 for exactly that
 * range of exactly that size with that validator; anything else starts again from the first byte. More bytes than were signed end the download at
 * once. At the end the digest decides: what had been put together from pieces and is wrong is fetched once more in one piece.
 */
export interface DownloadOptions {
  readonly patience?: Patience | undefined;
  /** Tries that end without a whole object; default 6. */
  readonly attempts?: number | undefined;
  /** First pause between tries in milliseconds; doubles each time; default 500. */
  readonly pause?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const MAX_PAUSE = 30_000;
const STRONG_TAG = /^"[\x21\x23-\x7e]*"$/;

/**
 * Bytes of an object, proved. The very bytes that were checked are returned.
 *
 * @throws StorageError DOWNLOAD_FAILED · VerifyError OBJECT_MISMATCH the server has something else · `signal.reason`
 */
export async function downloadObject(
  link: HttpLink,
  url: string,
  object: RepositoryObject,
  path: string,
  options: DownloadOptions = {},
): Promise<Uint8Array> {
  const { attempts = 6, pause = 500, signal } = options;
  const part = new PartialFile(path);
  try {
    for (let attempt = 1; ; attempt++) {
      const resumed = part.size > 0;
      try {
        await fetchRest(link, url, object, part, options);
        const bytes = part.read();
        if (toHex(sha256(bytes)) === object.sha256) return bytes;
        part.clear();
        throw mismatch(`${url} has other bytes than were signed`, url, resumed);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        const again = error instanceof PatchError && error.data.retry === true;
        if (!again || attempt >= attempts) throw error;
      }
      await sleep(Math.min(MAX_PAUSE, pause * 2 ** (attempt - 1)), undefined, { signal });
    }
  } finally {
    part.close();
  }
}

/** Removes what is left of a download. */
export function removeDownload(path: string): void {
  for (const name of [partPath(path), tagPath(path)]) rmSync(name, { force: true });
}

async function fetchRest(
  link: HttpLink,
  url: string,
  { size }: RepositoryObject,
  part: PartialFile,
  { patience = DEFAULT_PATIENCE, signal, onProgress }: DownloadOptions,
): Promise<void> {
  if (part.size > size || (part.size > 0 && part.tag === '')) part.clear();
  const offset = part.size;
  if (offset === size) return;
  const range = { range: `bytes=${offset}-`, 'if-range': part.tag };
  await withPatience(url, patience, signal, async (inner, onBytes) => {
    const response = await link.get(url, offset > 0 ? range : {}, inner);
    try {
      acceptAnswer(url, response, part, size);
    } catch (error) {
      await response.body?.cancel().catch(() => {});
      throw error;
    }
    for await (const piece of bodyPieces(url, response)) {
      onBytes(piece.length);
      if (part.size + piece.length > size) {
        part.clear();
        throw mismatch(`${url} has more bytes than were signed (${size})`, url, false);
      }
      part.append(piece);
      onProgress?.(part.size, size);
    }
  });
  if (part.size < size) throw failed(`${url} ended after ${part.size} of ${size} bytes`, { url, size }, true);
}

/** Decides whether an answer's body goes behind what is there, from the start, or nowhere. */
function acceptAnswer(url: string, response: Response, part: PartialFile, size: number): void {
  const { status, headers } = response;
  const coding = headers.get('content-encoding') ?? 'identity';
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '');
    const [from, to, total] = [1, 2, 3].map((i) => Number(range?.[i] ?? -1));
    const isAsked = part.size > 0 && from === part.size && to === size - 1 && total === size;
    if (isAsked && coding === 'identity' && headers.get('etag') === part.tag) return;
    part.clear();
    throw failed(`${url} answered with another range than was asked for`, { url, status }, true);
  }
  if (status === 200) {
    const length = headers.get('content-length');
    if (coding === 'identity' && length !== null && Number(length) > size) {
      part.clear();
      throw mismatch(`${url} announces ${length} bytes, ${size} were signed`, url, false);
    }
    const tag = headers.get('etag') ?? '';
    part.begin(coding === 'identity' && STRONG_TAG.test(tag) ? tag : '');
    return;
  }
  if (status === 416) part.clear();
  const again = status === 416 || status === 408 || status === 429 || status >= 500;
  throw failed(`${url} answered with status ${status}`, { url, status }, again);
}

function mismatch(message: string, url: string, retry: boolean) {
  return patchError('OBJECT_MISMATCH', 'agent', message, { url, retry });
}

const partPath = (path: string) => `${path}.part`;
const tagPath = (path: string) => `${path}.tag`;

/** What came so far, held open; a link at its place is refused. */
class PartialFile {
  size: number;
  tag: string;
  private readonly path: string;
  private readonly fd: number;

  constructor(path: string) {
    this.path = path;
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    this.fd = this.attempt(() => openSync(partPath(path), flags, 0o600));
    this.size = fstatSync(this.fd).size;
    this.tag = readTag(tagPath(path));
  }

  /** Starts from the first byte, of the object that `tag` names. */
  begin(tag: string): void {
    this.clear();
    if (tag === '') return;
    this.attempt(() => {
      const fd = openSync(tagPath(this.path), 'wx', 0o600);
      writeSync(fd, tag);
      closeSync(fd);
    });
    this.tag = tag;
  }

  clear(): void {
    this.attempt(() => {
      rmSync(tagPath(this.path), { force: true });
      ftruncateSync(this.fd, 0);
    });
    this.size = 0;
    this.tag = '';
  }

  append(bytes: Uint8Array): void {
    this.attempt(() => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.fd, bytes, done, bytes.length - done, this.size + done);
      }
    });
    this.size += bytes.length;
  }

  read(): Uint8Array {
    // By the descriptor: the bytes that were written, whatever the path leads to by now.
    return withPath(this.path, 'READ_FAILED', () => readWhole(this.fd, this.size));
  }

  close(): void {
    closeSync(this.fd);
  }

  private attempt<Result>(run: () => Result): Result {
    return withPath(this.path, 'WRITE_FAILED', run);
  }
}

function readTag(path: string): string {
  try {
    const tag = readFileSync(path, 'latin1');
    return STRONG_TAG.test(tag) ? tag : '';
  } catch {
    return '';
  }
}

function readWhole(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size; ) {
    const count = readSync(fd, bytes, done, size - done, done);
    if (count === 0) return bytes.slice(0, done);
    done += count;
  }
  return bytes;
}
