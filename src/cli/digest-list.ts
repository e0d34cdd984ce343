import { UsageError } from './exit-code.js';

/** A line of a list of digests. */
export interface DigestLine {
  readonly path: string;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

/**
 * Lists are those of sha256sum: digest, blank, blank or star, path. A path with a backslash or a line end is escaped, and a
 * backslash before the digest says so.
 */
export function printDigestLine({ path, sha256 }: DigestLine): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
}

/** Lines of a list. `name` is told in errors. Throws UsageError. */
export function parseDigestList(text: string, name: string): DigestLine[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const match = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/.exec(line);
    if (match === null) {
      throw new UsageError(
        `${name}, line ${i + 1}: expected a line of sha256sum, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    const [, escaped, digest, path] = match as unknown as [string, string, string, string];
    return [{ sha256: digest.toLowerCase(), path: escaped === '' ? path : unescapePath(path) }];
  });
}

const ESCAPES: Record<string, string> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r' };

function unescapePath(path: string): string {
  return path.replaceAll(/\\[\\nr]/g, (pair) => ESCAPES[pair]!);
}
