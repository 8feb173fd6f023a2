// Buttons that copy what their data-copy says, and say that they have: ui.Copy writes them.
document.addEventListener('click', async e => {
  const button = e.target.closest('[data-copy]');
  if (!button) return;
  const said = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = said.textContent = 'Copied';
  } catch { // the browser does not allow it, as without TLS
    button.dataset.copied = said.textContent = 'Not copied';
  }
  setTimeout(() => {
    delete button.dataset.copied;
    said.textContent = '';
  }, 2000);
});
