import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type CliOptions, CliProgram, type CliResult } from './cli-program.js';
import { makeCodePair, makeTextPair } from './make-pair.js';
import { ScratchFolder } from './scratch-folder.js';
import { type BriefTree, readBriefTree, writeBriefTree } from './tree-folder.js';

/** The program and the folder of the present test case. */
export interface CliFixture {
  readonly program: CliProgram;
  readonly folder: ScratchFolder;
  run(args: readonly string[], options?: CliOptions): CliResult;
  /** Makes the folder anew. */
  renew(): void;
}

/** Builds the program once for a file of tests, and gives every case a folder of its own with these files. */
export function useCli(files: Readonly<Record<string, Uint8Array>> = {}): CliFixture {
  let program: CliProgram;
  let folder: ScratchFolder;
  beforeAll(() => {
    program = new CliProgram();
  });
  afterAll(() => program.clean());
  const open = () => {
    folder = new ScratchFolder();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(folder.file(name), bytes);
  };
  beforeEach(open);
  afterEach(() => folder.clean());
  return {
    get program() {
      return program;
    },
    get folder() {
      return folder;
    },
    run: (args, options = {}) => program.run(folder, args, options),
    renew() {
      folder.clean();
      open();
    },
  };
}

const code = makeCodePair(61, 8000);
const more = makeCodePair(62, 4000);
const text = makeTextPair(63, 300);
const OLD: BriefTree = {
  'v/A/lib': code.oldBytes,
  'v/A/more': more.oldBytes,
  'v/A/notes': text.oldBytes,
  'v/A/same': 'the same',
  'v/A/gone': 'gone',
  'v/Current': '-> A',
};
const NEW: BriefTree = {
  'v/A/lib': code.newBytes,
  'v/A/more': more.newBytes,
  'v/A/notes': text.newBytes,
  'v/A/same': 'the same',
  'v/A/twin': 'the same',
  'v/A/tool': 'x:run',
  'v/Current': '-> A',
};

/** `useCli` with two folders, old and new, in every case; `before` and `after` are what they hold. */
export interface FolderFixture extends CliFixture {
  readonly before: BriefTree;
  readonly after: BriefTree;
  treeAt(name: string): BriefTree;
  /** Writes old as it was. */
  writeOld(): void;
}

export function useFolders(): FolderFixture {
  const cli = useCli();
  let before: BriefTree;
  let after: BriefTree;
  const treeAt = (name: string) => readBriefTree(cli.folder.file(name));
  const writeOld = () => {
    writeBriefTree(cli.folder.file('old'), OLD);
  };
  beforeEach(() => {
    writeOld();
    writeBriefTree(cli.folder.file('new'), NEW);
    before = treeAt('old');
    after = treeAt('new');
  });
  return {
    get program() {
      return cli.program;
    },
    get folder() {
      return cli.folder;
    },
    get before() {
      return before;
    },
    get after() {
      return after;
    },
    run: cli.run,
    renew: cli.renew,
    treeAt,
    writeOld,
  };
}
