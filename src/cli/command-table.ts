/** The command line as data: parsing, help, shell completion and the man page all come from this table. */

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Name of the value in help; none for a flag. */
  readonly value?: string;
  /** Values to offer for completion. */
  readonly choices?: readonly string[];
  /** The value is a path. */
  readonly isFile?: boolean;
  /** May be given again and again, each time with another meaning. */
  readonly repeats?: boolean;
  readonly help: string;
}

export interface OperandSpec {
  readonly least: number;
  readonly most: number;
  /** The only words that are taken; without them operands are files. */
  readonly choices?: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly operands: OperandSpec;
  readonly options: readonly OptionSpec[];
  readonly example: string;
}

const OUTPUT = (help: string): OptionSpec => ({
  name: 'output',
  short: 'o',
  value: 'FILE',
  isFile: true,
  help,
});
const FORCE: OptionSpec = { name: 'force', short: 'f', help: 'overwrite an existing output file' };
const JSON_OPTION: OptionSpec = {
  name: 'json',
  help: 'print one JSON object on standard output, for errors too',
};
const MEMORY: OptionSpec = {
  name: 'memory',
  value: 'SIZE',
  help: 'most memory for the kernels, for instance 512M',
};
const QUIET: OptionSpec = { name: 'quiet', short: 'q', help: 'print errors only' };
const VERBOSE: OptionSpec = { name: 'verbose', short: 'v', help: 'print more; of an error, where it arose' };
const HELP: OptionSpec = { name: 'help', short: 'h', help: 'print this help' };

const EXPECT_DIGEST: OptionSpec = {
  name: 'expect-digest',
  value: 'SHA256',
  help: "refuse a result with another SHA-256; other tools' patches mostly carry none",
};
const LENIENT: OptionSpec = {
  name: 'lenient',
  help: "of other tools' patches, take trailing bytes and steps",
};

const KEY = (help: string): OptionSpec => ({ name: 'key', value: 'FILE', isFile: true, repeats: true, help });
const PASSWORD: OptionSpec = {
  name: 'password-file',
  value: 'FILE',
  isFile: true,
  help: 'the first line of FILE is the password of the secret key (- is standard input)',
};

/** Options that every command has. */
const COMMON: readonly OptionSpec[] = [JSON_OPTION, QUIET, VERBOSE, HELP];

const PUBLISH_ACTIONS = ['init', 'levels', 'withdraw', 'rollout', 'refresh', 'rotate', 'status'] as const;
const AGENT_ACTIONS = ['check', 'install', 'status', 'remove', 'enable', 'disable', 'run'] as const;

/** Shells that a completion script is made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const COMMANDS_BUT_HELP: readonly CommandSpec[] = [
  {
    name: 'diff',
    usage: 'deltakit diff OLD NEW [-o PATCH] [options]',
    summary: 'make the patch that turns OLD into NEW',
    operands: { least: 2, most: 2 },
    options: [
      OUTPUT('write the patch to FILE (default: NEW.dkp; - is standard output)'),
      FORCE,
      {
        name: 'effort',
        value: 'LEVEL',
        choices: ['fast', 'default', 'max'],
        help: 'fast, default, max or 0 to 9',
      },
      {
        name: 'image',
        value: 'KIND',
        choices: ['auto', 'raw'],
        help: 'auto models executables, raw does not',
      },
      MEMORY,
      {
        name: 'threads',
        value: 'N',
        help: 'worker threads (default for folders: one a core); the patch does not depend on them',
      },
      {
        name: 'metadata',
        value: 'KEY=VALUE',
        repeats: true,
        help: 'store a text in the patch; may be given again',
      },
      { name: 'reverse', help: 'store the way back from NEW to OLD as well' },
      { name: 'estimate', help: 'tell how large the patch would be, and write nothing' },
      { name: 'no-verify', help: 'do not apply the patch back before it is written' },
      { name: 'fallbacks', help: 'folders: store changed files whole too, for devices with another base' },
      ...COMMON,
    ],
    example: 'deltakit diff WebKit.old WebKit.new -o WebKit.dkp',
  },
  {
    name: 'apply',
    usage: 'deltakit apply OLD PATCH [-o NEW] [options]',
    summary: 'make NEW from OLD and a patch, and prove every byte',
    operands: { least: 2, most: 2 },
    options: [
      OUTPUT('write the new file to FILE (default: PATCH without .dkp; - is standard output)'),
      FORCE,
      { name: 'max-output', value: 'SIZE', help: 'refuse patches that make more, for instance 200M' },
      MEMORY,
      { name: 'reverse', help: 'OLD is the new file: go back by what diff --reverse stored' },
      {
        name: 'resume',
        help: 'go on where a killed apply to the same output stopped; if this one is killed, another can',
      },
      { name: 'dry-run', help: 'do all but write the result' },
      { name: 'in-place', help: 'folders: change OLD itself, with a journal that survives a crash' },
      { name: 'copy', help: 'folders: copy unchanged files instead of linking them' },
      KEY('refuse a patch that the holder of this public key did not sign; may be given again for more keys'),
      EXPECT_DIGEST,
      LENIENT,
      { name: 'keep-extras', help: 'folders: take files along that the patch does not know' },
      ...COMMON,
    ],
    example: 'deltakit apply WebKit.old WebKit.dkp -o WebKit.new',
  },
  {
    name: 'verify',
    usage:
      'deltakit verify PATCH [--old OLD] [--new NEW] [--key PUB] | deltakit verify FOLDER --manifest FILE',
    summary: 'check that a patch is whole, who signed it, and whether files are its old and new',
    operands: { least: 1, most: 1 },
    options: [
      { name: 'old', value: 'OLD', isFile: true, help: 'check that this file is the old one' },
      { name: 'new', value: 'NEW', isFile: true, help: 'check that this file is the new one' },
      {
        name: 'manifest',
        value: 'FILE',
        isFile: true,
        help: 'check the folder against the new tree of this patch, or what digest --tree printed',
      },
      KEY('check that the holder of this public key signed it; may be given again for more keys'),
      {
        name: 'signature',
        value: 'FILE',
        isFile: true,
        help: 'with --key: check this .minisig file of the whole patch instead of the signature inside',
      },
      ...COMMON,
    ],
    example: 'deltakit verify WebKit.dkp --old WebKit.old',
  },
  {
    name: 'heal',
    usage: 'deltakit heal FOLDER --patch PATCH [--old OLD]',
    summary: 'repair a folder that a patch made: damaged and missing files are made again',
    operands: { least: 1, most: 1 },
    options: [
      { name: 'patch', value: 'PATCH', isFile: true, help: 'the patch whose new tree the folder should be' },
      { name: 'old', value: 'OLD', isFile: true, help: 'the old folder, to make files from again' },
      KEY('refuse a patch that the holder of this public key did not sign; may be given again for more keys'),
      ...COMMON,
    ],
    example: 'deltakit heal WebKit.framework --patch WebKit.dkp --old WebKit.framework.base',
  },
  {
    name: 'keygen',
    usage: 'deltakit keygen -o NAME (--password-file FILE | --no-password)',
    summary: 'make a pair of keys: NAME.pub to give away and NAME.key to keep (files of minisign)',
    operands: { least: 0, most: 0 },
    options: [
      OUTPUT('front of the names of the two files'),
      FORCE,
      PASSWORD,
      { name: 'no-password', help: 'do not encrypt the secret key' },
      ...COMMON,
    ],
    example: 'deltakit keygen -o release --password-file release.password',
  },
  {
    name: 'sign',
    usage: 'deltakit sign PATCH --key SECRET [-o FILE] [options]',
    summary: 'sign a patch in its header, or beside it for minisign',
    operands: { least: 1, most: 1 },
    options: [
      OUTPUT('write to FILE (default: PATCH itself; with --detached PATCH.minisig; - is standard output)'),
      FORCE,
      { name: 'key', value: 'FILE', isFile: true, help: 'the secret key (- is standard input)' },
      PASSWORD,
      { name: 'comment', value: 'TEXT', help: 'trusted comment, signed too (default: what the patch makes)' },
      { name: 'detached', help: 'leave the patch as it is and write a .minisig file of it' },
      { name: 'extract', help: 'write the bytes that a signature inside covers, to be signed elsewhere' },
      {
        name: 'attach',
        value: 'FILE',
        isFile: true,
        help: 'put in a .minisig file that was made of the extracted bytes; --key is the public key',
      },
      ...COMMON,
    ],
    example: 'deltakit sign WebKit.dkp --key release.key --password-file release.password',
  },
  {
    name: 'inspect',
    usage: 'deltakit inspect PATCH [--old OLD] [--json]',
    summary: 'show where the bytes of new come from and what costs how much',
    operands: { least: 1, most: 1 },
    options: [
      {
        name: 'old',
        value: 'FILE',
        isFile: true,
        help: 'the old image: tell also what each section of new costs',
      },
      ...COMMON,
    ],
    example: 'deltakit inspect WebKit.dkp --old WebKit.old',
  },
  {
    name: 'digest',
    usage: 'deltakit digest FILE... | deltakit digest --check LIST',
    summary: 'print SHA-256 digests in the format of sha256sum, or check a list',
    operands: { least: 1, most: Number.POSITIVE_INFINITY },
    options: [
      { name: 'check', short: 'c', help: 'the operands are lists of digests to check' },
      { name: 'tree', help: 'the operand is a folder: print its tree as JSON' },
      ...COMMON,
    ],
    example: 'deltakit digest WebKit.old WebKit.new',
  },
  {
    name: 'identify',
    usage: 'deltakit identify FILE...',
    summary: 'name the format of files',
    operands: { least: 1, most: Number.POSITIVE_INFINITY },
    options: COMMON,
    example: 'deltakit identify WebKit.dkp',
  },
  {
    name: 'bsdiff',
    usage: 'deltakit bsdiff OLD NEW PATCH [options]',
    summary: 'make a patch that bspatch applies; PATCH is overwritten, as bsdiff does it',
    operands: { least: 3, most: 3 },
    options: [
      {
        name: 'format',
        value: 'FORMAT',
        choices: ['bsdiff40', 'bsdifn40', 'bsdiff43', 'vcdiff', 'zstd', 'dcz', 'dcb'],
        help: 'bsdiff40 (default), bsdifn40 (not compressed), bsdiff43 (one stream), vcdiff, zstd (patch-from), dcz or dcb',
      },
      {
        name: 'effort',
        value: 'LEVEL',
        choices: ['fast', 'default', 'max'],
        help: 'fast, default, max or 0 to 9 (if not given: 7 for the formats of bsdiff, max for others)',
      },
      FORCE,
      { name: 'no-verify', help: 'do not apply the patch back before it is written' },
      ...COMMON,
    ],
    example: 'deltakit bsdiff WebKit.old WebKit.new WebKit.bsdiff',
  },
  {
    name: 'bspatch',
    usage: 'deltakit bspatch OLD NEW PATCH [options]',
    summary: "make NEW from OLD and another tool's patch; NEW is overwritten, as bspatch does it",
    operands: { least: 3, most: 3 },
    options: [
      { name: 'max-output', value: 'SIZE', help: 'refuse patches that make more, for instance 200M' },
      FORCE,
      EXPECT_DIGEST,
      LENIENT,
      ...COMMON,
    ],
    example: 'deltakit bspatch WebKit.old WebKit.new WebKit.bsdiff',
  },
  {
    name: 'convert',
    usage: 'deltakit convert PATCH --to FORMAT -o FILE [--old OLD] [options]',
    summary: "write a patch in another tool's format; new stays the same",
    operands: { least: 1, most: 1 },
    options: [
      OUTPUT('write the converted patch to FILE (- is standard output)'),
      FORCE,
      {
        name: 'to',
        value: 'FORMAT',
        choices: ['deltakit', 'bsdiff40', 'bsdifn40', 'bsdiff43', 'vcdiff', 'zstd', 'dcz', 'dcb'],
        help: 'deltakit, bsdiff40, bsdifn40, bsdiff43, vcdiff, zstd, dcz or dcb',
      },
      {
        name: 'from',
        value: 'FORMAT',
        help: "read it as this format (bsdiff43 for Android's Brotli form, which has no magic)",
      },
      {
        name: 'old',
        value: 'OLD',
        isFile: true,
        help: 'the file that the patch is for: proves the result, and is needed where nothing can be carried over',
      },
      { name: 'rebuild', help: 'make the patch anew from OLD even where it could be carried over' },
      {
        name: 'effort',
        value: 'LEVEL',
        choices: ['fast', 'default', 'max'],
        help: 'where it is made anew: fast, default, max or 0 to 9',
      },
      { name: 'max-output', value: 'SIZE', help: 'refuse patches that make more, for instance 200M' },
      MEMORY,
      EXPECT_DIGEST,
      LENIENT,
      ...COMMON,
    ],
    example: 'deltakit convert WebKit.bsdiff --to deltakit --old WebKit.old -o WebKit.dkp',
  },
  {
    name: 'serve',
    usage: 'deltakit serve FOLDER --old FOLDER [--port N] [--host ADDRESS]',
    summary: 'serve the files of FOLDER, as patches to browsers that hold an older one (RFC 9842)',
    operands: { least: 1, most: 1 },
    options: [
      {
        name: 'old',
        value: 'FOLDER',
        isFile: true,
        repeats: true,
        help: 'an older release with the same paths; may be given again, the newest first',
      },
      { name: 'port', value: 'N', help: 'port to listen on (default 8080; 0 takes a free one)' },
      { name: 'host', value: 'ADDRESS', help: 'address to listen on (default 127.0.0.1)' },
      { name: 'max-age', value: 'SECONDS', help: 'how long answers may be cached (default 3600)' },
      ...COMMON,
    ],
    example: 'deltakit serve releases/1.2 --old releases/1.1 --old releases/1.0',
  },
  {
    name: 'bench',
    usage: 'deltakit bench OLD NEW [MORE...] [options]',
    summary: 'sizes, seconds and memory of every effort on your releases, beside installed peers',
    operands: { least: 0, most: Number.POSITIVE_INFINITY },
    options: [
      {
        name: 'pairs',
        value: 'WHICH',
        choices: ['successive', 'all', 'latest'],
        help: 'of several releases: successive (default), all, or latest (all with the last)',
      },
      {
        name: 'effort',
        value: 'LEVEL',
        repeats: true,
        help: 'fast, default, max or 0 to 9; may be given again',
      },
      { name: 'rounds', value: 'N', help: 'run every tool N times and take medians (default 1)' },
      {
        name: 'format',
        value: 'FORMAT',
        choices: ['github', 'bencher', 'benchmarkjs', 'markdown'],
        help: 'github, bencher, benchmarkjs or markdown instead of a table',
      },
      {
        name: 'from',
        value: 'FILE',
        isFile: true,
        help: 'take what an earlier bench --json printed instead of measuring',
      },
      {
        name: 'compare',
        value: 'FILE',
        isFile: true,
        help: 'compare with what an earlier bench --json printed',
      },
      {
        name: 'fail-above',
        value: 'RATIO',
        help: 'with --compare: fail when a patch grew by more, for instance 1.10',
      },
      {
        name: 'fail-above-time',
        value: 'RATIO',
        help: 'with --compare: fail when user CPU time grew by more',
      },
      { name: 'no-peers', help: 'leave bsdiff, xdelta3 and zstd out' },
      ...COMMON,
    ],
    example: 'deltakit bench releases/1.0 releases/1.1 releases/1.2 --json > bench.json',
  },
  {
    name: 'publish',
    usage: 'deltakit publish init|levels|withdraw|rollout|refresh|rotate|status --repository DIR [options]',
    summary: 'make improvement levels and the signed repository that devices get them from',
    operands: { least: 1, most: 1, choices: PUBLISH_ACTIONS },
    options: [
      { name: 'repository', value: 'DIR', isFile: true, help: 'the folder to serve' },
      { name: 'product', value: 'NAME', help: 'what the levels are for' },
      { name: 'platform', value: 'NAME', help: 'for instance linux' },
      { name: 'architecture', value: 'NAME', help: 'for instance arm64' },
      {
        name: 'base',
        value: 'VERSION=DIR',
        help: 'the base and its build; with withdraw and rollout the version alone',
      },
      {
        name: 'level',
        value: 'N=DIR',
        repeats: true,
        help: 'a level and its build, may be given again; with withdraw and rollout the number alone',
      },
      { name: 'minimum-base', value: 'VERSION', help: 'levels are for this base and later ones' },
      {
        name: 'severity',
        value: 'WORD',
        choices: ['low', 'moderate', 'high', 'critical'],
        help: 'of new levels',
      },
      {
        name: 'advisory',
        value: 'ID=COMPONENT',
        repeats: true,
        help: 'what new levels close, for instance CVE-2026-1=WebKit',
      },
      { name: 'rollout', value: 'PERCENT', help: 'how many devices install by themselves (default 100)' },
      { name: 'reason', value: 'TEXT', help: 'why a level is withdrawn' },
      {
        name: 'effort',
        value: 'LEVEL',
        choices: ['fast', 'default', 'max'],
        help: 'fast, default, max or 0 to 9',
      },
      KEY('a secret key, for every role that has none of its own; may be given again'),
      ...['root', 'targets', 'snapshot', 'timestamp', 'present-root'].map((role) => ({
        name: `${role}-key`,
        value: 'FILE',
        isFile: true,
        repeats: true,
        help: role === 'present-root' ? 'with rotate: a root key so far' : `a secret key of the role ${role}`,
      })),
      {
        name: 'threshold',
        value: 'ROLE=N',
        repeats: true,
        help: 'how many keys of a role must sign (default 1)',
      },
      { name: 'days', value: 'ROLE=N', repeats: true, help: 'how long signatures of a role are good' },
      { name: 'time', value: 'TIME', help: 'take this time instead of the clock' },
      PASSWORD,
      { name: 'dry-run', help: 'with levels: make and measure everything, write nothing' },
      ...COMMON,
    ],
    example:
      'deltakit publish levels --repository site --product WebKit --platform linux --architecture arm64 --base 26.3.1=base --level 1=fixed --key release.key',
  },
  {
    name: 'agent',
    usage: 'deltakit agent check|install|status|remove|enable|disable|run --config FILE [options]',
    summary: 'install and remove improvement levels on a device',
    operands: { least: 1, most: 1, choices: AGENT_ACTIONS },
    options: [
      { name: 'config', value: 'FILE', isFile: true, help: 'the configuration (docs/LEVELS.md)' },
      { name: 'level', value: 'N', help: 'with install: this level and no other' },
      { name: 'automatic', help: 'with check and install: as the agent would by itself' },
      { name: 'retry', help: 'with install: a level in quarantine too' },
      { name: 'allow-lower', help: 'with install: a level below the highest that was here, too' },
      ...COMMON,
    ],
    example: 'deltakit agent install --config /etc/deltakit/webkit.json',
  },
  {
    name: 'completion',
    usage: 'deltakit completion bash|zsh|fish',
    summary: 'print a completion script for a shell',
    operands: { least: 1, most: 1, choices: SHELLS },
    options: [HELP],
    example: 'deltakit completion bash > ~/.local/share/bash-completion/completions/deltakit',
  },
  {
    name: 'manual',
    usage: 'deltakit manual',
    summary: 'print the manual page (roff)',
    operands: { least: 0, most: 0 },
    options: [HELP],
    example: 'deltakit manual | man -l -',
  },
];

export const COMMANDS: readonly CommandSpec[] = [
  ...COMMANDS_BUT_HELP,
  {
    name: 'help',
    usage: 'deltakit help [COMMAND]',
    summary: 'print this, or the help of a command',
    operands: { least: 0, most: 1, choices: COMMANDS_BUT_HELP.map(({ name }) => name) },
    options: [HELP],
    example: 'deltakit help diff',
  },
];

export function findCommand(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name);
}
