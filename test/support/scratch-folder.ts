import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of a test's own; `clean` removes it. */
export class ScratchFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'deltakit-test-'));

  file(name: string): string {
    return join(this.path, name);
  }

  /** Names of what is in it, sorted. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  clean(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
