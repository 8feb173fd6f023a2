// Sends bytes straight to the bucket: in one request, or in parts of which only those are sent
// that have not arrived. What may succeed later is tried again.
import { api } from './lib.js';
import { doubt, doubts, trust } from './pending.js';

const tries = 8; // which take about a minute, while the browser is on line
const triesOfPart = 3; // by one signature
const atOnce = 3; // parts of one file
const fresh = 10 * 60e3; // after which no part is begun: its signature is good for 15 minutes

// failure is an error that the user may read; passing says that another try may succeed.
const failure = (message, passing, status) => Object.assign(new Error(message), { passing, status });

// A browser does not tell a script why: no network, or the bucket's CORS rule, or the file.
const unreachable = 'The file store cannot be reached, or does not take files from this page, or the file has changed on your disk. Check your connection and try again.';

const refusals = {
  403: 'The file store refused the upload (403): it may not be set up to take files. Try again; if this stays, tell who runs this site.',
  404: 'The file store has given up this upload (404). Try again.',
  413: 'The file store does not take a file this large (413).',
};

function refusal(status) {
  if (status >= 500 || status === 429) return failure(`The file store is not well (${status}). Try again in a few minutes.`, true, status);
  return failure(refusals[status] ?? `The file store refused the upload (${status}). Try again.`, false, status);
}

// put makes one request. fetch cannot tell how far it has come; XMLHttpRequest can.
function put({ method, url, headers }, body, progress, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => progress(e.loaded);
    // 412: an earlier try had arrived, and its answer was lost.
    xhr.onload = () => (xhr.status < 300 || xhr.status === 412 ? resolve() : reject(refusal(xhr.status)));
    xhr.onerror = () => reject(failure(unreachable, true));
    xhr.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'));
    signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}

// pause waits, if the browser is off line until it is on line again.
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const offline = !navigator.onLine;
    const timer = offline ? 0 : setTimeout(resolve, ms);
    if (offline) addEventListener('online', resolve, { once: true });
    signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

// patiently repeats work while another try may succeed, each time after twice the time.
async function patiently(work, signal, most = tries) {
  for (let n = 1; ; n++) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      const passing = error.passing ?? (error instanceof Error && (!error.status || error.status >= 500 || error.status === 429));
      if (error.name === 'AbortError' || !passing || n === most) throw error;
      await pause(250 * 2 ** n * (0.5 + Math.random()), signal);
    }
  }
}

// newKey returns what tells a registration from all others.
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

// register registers a file, once for each key however often it is tried: an answer may be lost.
export function register(file, key, signal) {
  const { name, size, type } = file;
  return patiently(() => api('POST', '/api/files', { name, size, type: type || undefined }, { 'Idempotency-Key': key }), signal);
}

// sendWhole sends a small file.
export function sendWhole(request, file, progress, signal) {
  return patiently(() => put(request, file, progress, signal), signal);
}

// sendParts sends the parts of the file with this id that have not arrived. A store may hang up on
// a request that it refuses, such as one that has expired: so all are signed anew a few times.
export async function sendParts(id, file, progress, signal) {
  let before = 0;
  for (let failures = 0; ; ) {
    const { arrived, parts } = await patiently(() => api('POST', `/api/files/${id}/parts`, { again: doubts(id) }), signal);
    if (arrived > before) failures = 0;
    before = arrived;
    progress(arrived);
    if (!parts.length) return;
    try {
      await sendBatch(id, parts, file, (sent) => progress(arrived + sent), signal);
    } catch (error) {
      if (error.name === 'AbortError' || ++failures > 3) throw error;
    }
  }
}

async function sendBatch(id, parts, file, progress, signal) {
  const failed = new AbortController(); // if one part fails, the others end
  const either = AbortSignal.any([signal, failed.signal]);
  const sent = {};
  const queue = [...parts]; // what a slow line leaves of it is signed anew
  const late = Date.now() + fresh;
  const work = async () => {
    for (let part; Date.now() < late && (part = queue.shift()); ) {
      const { number, offset, size } = part;
      const told = (bytes) => {
        sent[number] = Math.min(bytes, size);
        progress(Object.values(sent).reduce((a, b) => a + b, 0));
      };
      doubt(id, number);
      await patiently(() => put(part, file.slice(offset, offset + size), told, either), either, triesOfPart);
      trust(id, number);
      told(size);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } catch (error) {
    failed.abort();
    throw error;
  }
}

// complete says that all bytes have been sent. An earlier try may have said so.
export async function complete(id, signal) {
  try {
    await patiently(() => api('POST', `/api/files/${id}/complete`), signal);
  } catch (error) {
    if (error.status !== 409 || (await api('GET', `/api/files/${id}`)).status === 'uploading') throw error;
  }
}
