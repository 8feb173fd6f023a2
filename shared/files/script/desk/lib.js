// What the scripts of the desk's pages share.

export const $ = (id) => document.getElementById(id);

// say has screen readers read text out; complain shows it as what went wrong, or hides that.
export function say(text) {
  $('news').textContent = text;
}

export function complain(text) {
  $('trouble').textContent = text;
  $('trouble').hidden = !text;
}

// api calls the desk's API. It throws an Error whose message is for the user.
export async function api(method, path, body, headers) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error('The server cannot be reached. Check your connection and try again.');
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const details = (answer.errors ?? []).map((e) => e.message).join('; ');
  throw Object.assign(new Error([answer.detail ?? `The server answered ${response.status}.`, details].filter(Boolean).join(' ')), {
    status: response.status,
  });
}

export function element(tag, properties = {}, ...children) {
  const e = Object.assign(document.createElement(tag), properties);
  e.append(...children);
  return e;
}
