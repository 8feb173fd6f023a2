// Sound and film go on for as long as their page works. Their address leads to another one, at the
// bucket, which works for five minutes, and which browsers may ask alone from then on. If that fails
// after some minutes, we have them ask here again.
const begun = new WeakMap(); // when each was loaded
const soonest = 150_000; // milliseconds: what fails before is broken

document.addEventListener('loadstart', ({ target }) => begun.set(target, Date.now()), true);
document.addEventListener('error', ({ target }) => {
  if (!(target instanceof HTMLMediaElement) || Date.now() - begun.get(target) < soonest) return;
  const { currentTime, paused, playbackRate } = target;
  target.load();
  Object.assign(target, { currentTime, playbackRate });
  if (!paused) target.play().catch(() => {}); // a browser may want to be asked
}, true);
