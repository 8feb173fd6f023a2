// A browser of the tests: cookies, and Better Auth's own client.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuthClient } from "better-auth/client";
import makeFetchCookie from "fetch-cookie";
import { CookieJar } from "tough-cookie";

let people = 0;

/** Somebody new. */
export function person(name = "Ada Lovelace") {
  people++;
  return { name, email: `ada.${people}.${Date.now()}@example.com`, password: "correct horse battery" };
}

/** A browser that shows pages of `server`. Cookies do not tell ports apart, so `at` shows another server with the same ones. */
export function browser(server, jar = new CookieJar()) {
  // A function of its own each time: the tests replace fetch.
  const fetch = makeFetchCookie((...args) => globalThis.fetch(...args), jar);
  const headers = { origin: server.url };
  return {
    client: createAuthClient({ baseURL: server.url, fetchOptions: { customFetchImpl: fetch, headers } }),
    at: (other) => browser(other, jar),
    /** Opens a link without going where it leads. */
    open: (address) => fetch(new URL(address, server.url), { redirect: "manual" }),
    post: (path, body) =>
      fetch(`${server.url}/api/auth${path}`, {
        method: "POST", body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" },
      }),
    async cookie(name) {
      return (await jar.getCookies(server.url)).find((c) => c.key === `better-auth.${name}`);
    },
  };
}

/** The newest mail to `to`; waits for one that is not among the `before` first. */
export async function mail(server, to, before = 0) {
  for (const end = Date.now() + 240_000; Date.now() < end; ) {
    const mails = server.mails().filter((m) => m.to === to);
    if (mails.length > before) return mails.at(-1);
    await sleep(100);
  }
  throw new Error(`no mail to ${to} from ${server.name}`);
}
