import {
  AccessHandleFile,
  applyPatchInFolder,
  applyPatchToHandle,
  PatchStream,
  readAccessHandle,
  sha256,
  sinkStream,
} from '../../../src/web-entry.js';

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fetchBytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const namesIn = async (folder) => (await Array.fromAsync(folder.keys())).sort();
const codeOf = (running) =>
  running.then(
    () => 'none',
    (error) => error.code ?? `${error}`,
  );

async function openFile(folder, name, create = false) {
  return (await folder.getFileHandle(name, { create })).createSyncAccessHandle();
}

async function digestOf(folder, name) {
  const handle = await openFile(folder, name);
  const bytes = new Uint8Array(handle.getSize());
  handle.read(bytes, { at: 0 });
  handle.close();
  return hex(sha256(bytes));
}

async function apply(folder) {
  const told = {};
  const old = await fetchBytes('/old');
  const patch = await fetchBytes('/patch');
  const handle = await openFile(folder, 'old', true);
  handle.write(old, { at: 0 });
  handle.close();

  const body = async () => (await fetch('/patch')).body;
  await applyPatchInFolder({ folder, old: 'old', patch: await body(), new: 'a' });
  told.fromFolder = await digestOf(folder, 'a');

  const target = await openFile(folder, 'b', true);
  target.write(new Uint8Array(1 << 20).fill(7), { at: 9 << 20 });
  const read = [];
  const blob = new Blob([old]);
  // A worker reads a Blob in pieces, at once.
  const report = await applyPatchToHandle({
    old: blob,
    patch,
    new: target,
    onProgress: ({ stage }) => read.push(stage),
    maxHeldOld: 1,
  });
  target.close();
  told.fromBlob = await digestOf(folder, 'b');
  told.report = report.newDigest;

  const source = await openFile(folder, 'old');
  const sink = await openFile(folder, 'c', true);
  const file = new AccessHandleFile(sink);
  const stream = new PatchStream(readAccessHandle(source));
  await (await body()).pipeThrough(stream).pipeTo(sinkStream(file));
  await file.commit((await stream.report).newDigest);
  sink.close();
  source.close();
  told.byHand = await digestOf(folder, 'c');

  told.exists = await codeOf(applyPatchInFolder({ folder, old: 'old', patch, new: 'a' }));
  const holder = await openFile(folder, 'a');
  told.busy = await codeOf(applyPatchInFolder({ folder, old: 'old', patch, new: 'a', force: true }));
  holder.close();
  const damaged = patch.slice();
  damaged[damaged.length >> 1] ^= 1;
  told.damaged = await codeOf(applyPatchInFolder({ folder, old: 'old', patch: damaged, new: 'd' }));
  told.wrongOld = await codeOf(applyPatchInFolder({ folder, old: new Blob([patch]), patch, new: 'd' }));
  told.names = await namesIn(folder);

  await applyPatchInFolder({ folder, old: 'old', patch, new: 'old', force: true });
  told.inPlace = await digestOf(folder, 'old');
  await applyPatchInFolder({ folder, old: 'old', patch, new: 'old', force: true, reverse: true });
  told.back = await digestOf(folder, 'old');
  return told;
}

/** Begins an apply that tells when it has written, and never goes on. */
async function die(folder) {
  const patch = await fetchBytes('/patch');
  const slow = {
    keys: () => folder.keys(),
    removeEntry: (name) => folder.removeEntry(name),
    async getFileHandle(name, options) {
      const file = await folder.getFileHandle(name, options);
      if (!name.endsWith('.deltakit-partial')) return file;
      return {
        move: (to) => file.move(to),
        async createSyncAccessHandle() {
          const handle = await file.createSyncAccessHandle();
          const write = handle.write.bind(handle);
          handle.write = (bytes, at) => {
            const count = write(bytes.subarray(0, 100_000), at);
            postMessage({ written: count });
            // Until this worker is ended from outside.
            for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
          };
          return handle;
        },
      };
    },
  };
  await applyPatchInFolder({ folder: slow, old: 'old', patch, new: 'a', force: true });
  return 'it was not ended';
}

/** Waits until the browser gave back the locks of a worker that was ended, which takes it a moment. */
async function waitForLocks(folder) {
  for (let turn = 0; turn < 100; turn++) {
    const [partial] = (await namesIn(folder)).filter((name) => name.endsWith('.deltakit-partial'));
    const handle = await openFile(folder, partial).catch(() => undefined);
    if (handle !== undefined) return handle.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('a worker that was ended keeps its lock');
}

async function recover(folder) {
  await waitForLocks(folder);
  const told = { left: await namesIn(folder), before: await digestOf(folder, 'a') };
  await applyPatchInFolder({ folder, old: 'old', patch: await fetchBytes('/patch'), new: 'a', force: true });
  return { ...told, names: await namesIn(folder), after: await digestOf(folder, 'a') };
}

addEventListener('message', async ({ data }) => {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('images', { create: true });
    postMessage({ done: await { apply, die, recover }[data](folder) });
  } catch (error) {
    postMessage({ done: { error: `${error.stack ?? error}`, cause: `${error.cause}` } });
  }
});
