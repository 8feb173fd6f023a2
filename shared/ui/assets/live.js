// Opens the stream of shared/live that the page names, and dispatches each message as an event on
// the document: live:NAME, with its data as detail. live:again says that messages were missed, or
// may have been: load anew what you show.
//
// All windows of a browser share one stream, since HTTP/1.1 has six connections to a host: the
// window that holds the lock has it, and passes on what arrives.
const address = new URL(document.querySelector('meta[name=live]').content, location.href);
const windows = new BroadcastChannel(`live ${address.pathname}`);
const seen = new Set(); // ids of the last messages: one may come again after a connection broke
const pollEvery = 15000; // milliseconds, where there are no streams

function dispatch(name, detail) {
  document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
}

function receive(message) {
  if (seen.has(message.id)) return;
  seen.add(message.id);
  if (seen.size > 2000) seen.delete(seen.values().next().value);
  dispatch(message.name, message.data);
}

windows.onmessage = ({ data }) => {
  if (data.signedOut) location.reload();
  else if (data.again) dispatch('again');
  else receive(data);
};

function tell(data) {
  windows.postMessage(data);
  windows.onmessage({ data });
}

// stream reads until the server ends it for good; then it resolves.
function stream(last) {
  return new Promise((resolve) => {
    const source = new EventSource(last ? `${address.pathname}?last=${encodeURIComponent(last)}` : address.pathname);
    source.onmessage = (event) => {
      last = event.lastEventId || last;
      tell(JSON.parse(event.data));
    };
    source.addEventListener('again', () => tell({ again: true }));
    source.addEventListener('signed-out', () => {
      source.close();
      tell({ signedOut: true });
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve(last);
    };
  });
}

// ask returns the status of the stream: undefined if the server cannot be reached, and 0 if nobody is
// signed in, where the page is loaded anew, which leads to where one signs in.
async function ask() {
  const { status } = await fetch(address.pathname, { method: 'HEAD', redirect: 'manual' }).catch(() => ({}));
  if (status === 0) location.reload();
  return status;
}

// A refusal closes an EventSource for good: it is opened again, less and less often. A host that
// has no streams at all is asked again from time to time.
async function follow() {
  let last = address.searchParams.get('last');
  if (!last) tell({ again: true });
  for (let failures = 0; ; failures++) {
    const began = Date.now();
    last = await stream(last);
    if (Date.now() - began > 60000) failures = 0;
    const status = await ask();
    if (status === 0) return;
    const wait = status === 501 ? pollEvery : Math.min(1000 * 2 ** failures, 30000);
    await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random())));
    if (status === 501) tell({ again: true });
  }
}

// begin has this window follow the stream once no other one does.
async function begin() {
  if (!navigator.locks) return follow(); // not a secure context
  const lock = `live ${address.pathname}`;
  const first = await navigator.locks.request(lock, { ifAvailable: true }, (held) => held && follow().then(() => true));
  if (first) return;
  dispatch('again'); // what the other window got before this one listened
  await navigator.locks.request(lock, async () => (await ask()) !== 0 && follow());
}

begin();
