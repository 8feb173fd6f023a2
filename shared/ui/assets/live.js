// Opens the stream of shared/live that the page names, and dispatches each message as an event on
// the document: live:NAME, with its data as detail. live:again says that messages were missed, or
// may have been: load anew what you show.
//
// All windows of a browser share one stream, since HTTP/1.1 has six connections to a host: the
// window that holds the lock has it, and passes on what arrives.
const address = new URL(document.querySelector('meta[name=live]').content, location.href);
const windows = new BroadcastChannel(`live ${address.pathname}`);
const seen = new Set(); // ids of the last messages: one may come again after a connection broke
const pollEvery = 15000; // milliseconds, where there are no streams, or none any more

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

// stream reads until the server ends it for good. Then it resolves with the id of the last event, and
// with whether the session has ended.
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
      resolve({ last, signedOut: true });
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve({ last });
    };
  });
}

// ask returns the status of the stream: undefined if the server cannot be reached, 0 if nobody is
// signed in, and 401 if a cookie still vouches for a session that has ended.
async function ask() {
  const { status } = await fetch(address.pathname, { method: 'HEAD', redirect: 'manual' }).catch(() => ({}));
  return status;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// A refusal closes an EventSource for good: it is opened again, less and less often. A host that
// has no streams at all is asked again from time to time. Once the session has ended, the windows are
// loaded anew, which leads to where one signs in; but not before the cookie has ended as well.
async function follow() {
  let last = address.searchParams.get('last');
  if (!last) tell({ again: true });
  for (let failures = 0; ; failures++) {
    const began = Date.now();
    const end = await stream(last);
    last = end.last;
    if (Date.now() - began > 60000) failures = 0;
    let status = await ask();
    while (end.signedOut && status !== 0 && status !== 200) {
      await pause(pollEvery);
      status = await ask();
    }
    if (end.signedOut || status === 0) return tell({ signedOut: true });
    const wait = status === 501 ? pollEvery : Math.min(1000 * 2 ** failures, 30000);
    await pause(wait * (0.5 + Math.random()));
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
  await navigator.locks.request(lock, async () => ((await ask()) === 0 ? tell({ signedOut: true }) : follow()));
}

begin();
