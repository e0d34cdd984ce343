// Runs the workers one after another and tells what they found.
const worker = () => new Worker('/worker.js', { type: 'module' });
const ask = (what, onMessage) =>
  new Promise((resolve, reject) => {
    const asked = worker();
    asked.onerror = (event) => reject(new Error(event.message));
    asked.onmessage = ({ data }) => {
      if (data.done) resolve(data.done);
      else onMessage?.(data, asked, resolve);
    };
    asked.postMessage(what);
  });

const told = {};
try {
  told.applied = await ask('apply');
  // A tab dies once new is partly written.
  told.killed = await ask('die', ({ written }, asked, resolve) => {
    if (written === undefined) return;
    asked.terminate();
    resolve({ written });
  });
  told.recovered = await ask('recover');
} catch (error) {
  told.error = `${error.stack ?? error}`;
}
await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
