// The same request to both servers, and the same answer from both: status, headers,
// cookies and body, but for what is different each time.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { person } from "./browser.mjs";
import { start } from "./stack.mjs";

let stack;
before(async () => (stack = await start()));
after(() => stack?.stop());

/** An address at a provider, wherever it is, with its parameters in order. */
function authorization(address) {
  const url = new URL(address);
  url.searchParams.sort();
  return `AUTHORIZE${url.search}`;
}

/** An answer without what is different each time. */
async function answer(server, response) {
  const mask = (text) =>
    text
      ?.replace(/https?:[^"]*auth(orize)?\?[^"]*/g, authorization)
      .replaceAll(server.url, "BASE")
      .replaceAll(encodeURIComponent(server.url), "BASE")
      .replace(/ada\.\d+\.\d+@/gi, "ada@")
      .replace(/\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z/g, "TIME")
      .replace(/(state|code_challenge|token)=[\w.-]+/g, "$1=…")
      .replace(/"[A-Za-z0-9]{32}"/g, '"ID"')
      .replace(/"ipAddress":"[^"]*"/g, '"ipAddress":"…"'); // dev stands before the router and tells it
  const text = await response.text();
  const masked = mask(text);
  let body = masked;
  try {
    body = JSON.parse(masked);
  } catch {}
  return {
    status: response.status,
    type: text && response.headers.get("content-type"),
    location: mask(response.headers.get("location")),
    caching: response.headers.get("pragma"),
    cookies: response.headers.getSetCookie().map((c) => c.replace(/=[^;]+;/, "=…;")).sort(),
    body,
  };
}

/** Somebody signed in on `server`: what the path and body of a request may need. */
async function signedIn(server, send) {
  const who = person();
  const response = await send("POST", "/sign-up/email", { body: who });
  const { token, user } = await response.json();
  const cookie = response.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ");
  return { who, token, user, cookie };
}

const json = (value) => ({ text: JSON.stringify(value), headers: { "content-type": "application/json" } });

/**
 * Not here is where the router is stricter on purpose: a callback such as "/a/../..//x", and a name that is a number.
 * [what, method, path, options]; `cookie: true` sends the cookies of somebody who is signed in. */
const requests = [
  // Routing
  ["ok", "GET", "/ok"],
  ["ok by POST", "POST", "/ok", { body: {} }],
  ["ok by OPTIONS", "OPTIONS", "/ok"],
  ["a slash at the end", "GET", "/ok/"],
  ["nothing there", "GET", "/nope"],
  ["nothing there, broken JSON", "POST", "/nope", { text: "{", headers: { "content-type": "application/json" } }],
  ["the error page", "GET", "/error?error=state_mismatch"],
  ["the error page, with more", "GET", "/error?error=a%26b&error_description=c+d"],
  ["forgotten routes", "POST", "/forget-password", { body: { email: "a@example.com" } }],
  ["no set-password over HTTP", "POST", "/set-password", { cookie: true, body: { newPassword: "correct horse" } }],
  ["escaped", "GET", "/%6Fk"],
  // Bodies
  ["text", "POST", "/sign-in/email", { text: "{}", headers: { "content-type": "text/plain" } }],
  ["text to a route without forms", "POST", "/request-password-reset", { text: "{}", headers: { "content-type": "text/plain" } }],
  ["broken JSON", "POST", "/sign-in/email", { text: "{", headers: { "content-type": "application/json" } }],
  ["an empty body", "POST", "/sign-in/email", { text: "", headers: { "content-type": "application/json" } }],
  ["no body", "POST", "/sign-in/email"],
  ["JSON with a charset", "POST", "/sign-in/email", { ...json({ email: "a@b.co", password: "x" }), headers: { "content-type": "application/json; charset=utf-8" } }],
  ["an array", "POST", "/sign-in/email", json([])],
  ["null", "POST", "/sign-in/email", json(null)],
  ["a string", "POST", "/sign-in/email", json("x")],
  ["wrong types", "POST", "/sign-in/email", json({ email: 1, password: null, rememberMe: "yes" })],
  ["all missing", "POST", "/sign-up/email", json({})],
  ["wrong types at sign-up", "POST", "/sign-up/email", json({ name: [], email: {}, password: true, image: null })],
  ["a form", "POST", "/sign-in/email", { text: "email=a%40example.com&password=x", headers: { "content-type": "application/x-www-form-urlencoded" } }],
  ["a form with rememberMe", "POST", "/sign-in/email", { text: "email=a%40example.com&password=x&rememberMe=true", headers: { "content-type": "application/x-www-form-urlencoded" } }],
  ["a form to a route without forms", "POST", "/change-email", { text: "newEmail=a", headers: { "content-type": "application/x-www-form-urlencoded" } }],
  // Signing up and in
  ["sign-up with more", "POST", "/sign-up/email", () => json({ ...person(), emailVerified: true, id: "x", role: "admin", image: "https://x.example/i.png" })],
  ["sign-up without a name", "POST", "/sign-up/email", () => json({ ...person(), name: "" })],
  ["sign-up, wrong address", "POST", "/sign-up/email", json({ name: "x", email: "a..b@example.com", password: "12345678" })],
  ["sign-up, empty password", "POST", "/sign-up/email", json({ name: "x", email: "a@example.com", password: "" })],
  ["sign-up, seven characters", "POST", "/sign-up/email", json({ name: "x", email: "a@example.com", password: "1234567" })],
  ["sign-up, surrogate pairs", "POST", "/sign-up/email", json({ name: "x", email: "a@example.com", password: "😀😀😀" })],
  ["sign-up, not to be remembered", "POST", "/sign-up/email", () => json({ ...person(), rememberMe: false })],
  ["sign-up, trusted callback", "POST", "/sign-up/email", () => json({ ...person(), callbackURL: "/dash" })],
  ["sign-up, while signed in", "POST", "/sign-up/email", () => ({ ...json(person()), cookie: true })],
  ["sign-in, unknown", "POST", "/sign-in/email", json({ email: "nobody@example.com", password: "correct horse" })],
  ["sign-in", "POST", "/sign-in/email", (me) => json({ email: me.who.email, password: me.who.password })],
  ["sign-in, with a callback", "POST", "/sign-in/email", (me) => json({ ...me.who, callbackURL: "/a?b=c#d" })],
  ["sign-in, empty callback", "POST", "/sign-in/email", (me) => json({ ...me.who, callbackURL: "" })],
  ["sign-in, not to be remembered", "POST", "/sign-in/email", (me) => json({ ...me.who, rememberMe: false })],
  ["sign-in, too long a password", "POST", "/sign-in/email", (me) => json({ ...me.who, password: "x".repeat(129) })],
  ["sign-in, address with spaces", "POST", "/sign-in/email", (me) => json({ ...me.who, email: ` ${me.who.email} ` })],
  // Where from and where to
  ...["https://evil.example", "null", "", "http://127.0.0.1", "not a url"].map((origin) => [
    `origin ${origin || "none"}, signed in`, "POST", "/update-user", { ...json({ name: "x" }), cookie: true, origin },
  ]),
  ["foreign referer", "POST", "/update-user", { ...json({ name: "x" }), cookie: true, origin: "", headers: { "content-type": "application/json", referer: "https://evil.example/x" } }],
  ["any cookie counts", "POST", "/sign-out", { body: {}, origin: "https://evil.example", headers: { "content-type": "application/json", cookie: "x=y" } }],
  ["foreign origin at sign-in", "POST", "/sign-in/email", { ...json({ email: "a@example.com", password: "x" }), origin: "https://evil.example" }],
  ["cross-site navigation", "POST", "/sign-in/email", { ...json({ email: "a@example.com", password: "x" }), headers: { "content-type": "application/json", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } }],
  ["broken JSON from elsewhere", "POST", "/update-user", { text: "{", cookie: true, origin: "https://evil.example", headers: { "content-type": "application/json" } }],
  ...["https://evil.example/", "//evil.example", "/\\evil.example", "/%2Fevil.example", "/%5cevil", "/a\nb", "a/b", "javascript:alert(1)", "/a?u=//b", "http://127.0.0.1:1/"].map((callbackURL) => [
    `callback ${JSON.stringify(callbackURL)}`, "POST", "/sign-in/email", (me) => json({ ...me.who, callbackURL }),
  ]),
  ["callback of a wrong type", "POST", "/sign-in/email", json({ email: "a@example.com", password: "x", callbackURL: 7 })],
  ["redirectTo elsewhere", "POST", "/request-password-reset", json({ email: "a@example.com", redirectTo: "https://evil.example" })],
  ["error callback elsewhere", "POST", "/sign-in/social", json({ provider: "github", errorCallbackURL: "https://evil.example" })],
  ["new user callback elsewhere", "POST", "/sign-in/social", json({ provider: "github", newUserCallbackURL: "//evil.example" })],
  ["verify-email callback elsewhere", "GET", "/verify-email?token=x&callbackURL=https%3A%2F%2Fevil.example"],
  ["reset callback elsewhere", "GET", "/reset-password/abc?callbackURL=//evil.example"],
  // Sessions
  ["no session", "GET", "/get-session"],
  ["a session", "GET", "/get-session", { cookie: true }],
  ["a session by POST", "POST", "/get-session", { cookie: true }],
  ["a forged cookie", "GET", "/get-session", { headers: { cookie: "better-auth.session_token=abc.def" } }],
  ["a session that is gone", "GET", "/get-session", (me) => ({ headers: { cookie: me.gone } })],
  ["a guarded route, session gone", "GET", "/list-accounts", (me) => ({ headers: { cookie: me.gone } })],
  ["a guarded route, nobody", "GET", "/list-accounts"],
  ["sessions", "GET", "/list-sessions", { cookie: true }],
  ["sessions, nobody", "GET", "/list-sessions"],
  ["revoke without a token", "POST", "/revoke-session", { cookie: true, body: {} }],
  ["revoke unknown", "POST", "/revoke-session", { cookie: true, body: { token: "x" } }],
  ["revoke this", "POST", "/revoke-session", (me) => ({ cookie: true, body: { token: me.token } })],
  ["revoke others", "POST", "/revoke-other-sessions", { cookie: true, body: {} }],
  ["revoke all", "POST", "/revoke-sessions", { cookie: true, body: {} }],
  ["sign-out", "POST", "/sign-out", { cookie: true, body: {} }],
  ["sign-out, nobody", "POST", "/sign-out", { body: {} }],
  ["sign-out without a body", "POST", "/sign-out", { cookie: true }],
  ["update-session", "POST", "/update-session", { cookie: true, body: { a: 1 } }],
  ["update-session, nothing", "POST", "/update-session", { cookie: true, body: {} }],
  // The account
  ["update-user", "POST", "/update-user", { cookie: true, body: { name: "Grace" } }],
  ["update-user, nothing", "POST", "/update-user", { cookie: true, body: {} }],
  ["update-user, an array", "POST", "/update-user", { cookie: true, ...json([1]) }],
  ["update-user, nobody", "POST", "/update-user", { body: { name: "x" } }],
  ["update-user, e-mail", "POST", "/update-user", { cookie: true, body: { email: "x@example.com" } }],
  ["change-password, short", "POST", "/change-password", { cookie: true, body: { currentPassword: "x", newPassword: "short" } }],
  ["change-password, wrong", "POST", "/change-password", { cookie: true, body: { currentPassword: "x", newPassword: "correct horse" } }],
  ["change-password", "POST", "/change-password", (me) => ({ cookie: true, body: { currentPassword: me.who.password, newPassword: "correct horse" } })],
  ["change-password, revoking", "POST", "/change-password", (me) => ({ cookie: true, body: { currentPassword: me.who.password, newPassword: "correct horse", revokeOtherSessions: true } })],
  ["verify-password", "POST", "/verify-password", (me) => ({ cookie: true, body: { password: me.who.password } })],
  ["verify-password, wrong", "POST", "/verify-password", { cookie: true, body: { password: "x" } }],
  ["change-email, same", "POST", "/change-email", (me) => ({ cookie: true, body: { newEmail: me.who.email.toUpperCase() } })],
  ["change-email", "POST", "/change-email", () => ({ cookie: true, body: { newEmail: person().email } })],
  ["change-email, wrong", "POST", "/change-email", { cookie: true, body: { newEmail: "x" } }],
  ["list-accounts", "GET", "/list-accounts", { cookie: true }],
  ["unlink the last", "POST", "/unlink-account", { cookie: true, body: { accountId: "x" } }],
  ["unlink, old body", "POST", "/unlink-account", { cookie: true, body: { providerId: "github" } }],
  ["delete-user, no body", "POST", "/delete-user", { cookie: true }],
  ["delete-user, wrong password", "POST", "/delete-user", { cookie: true, body: { password: "x" } }],
  ["delete-user, unknown token", "POST", "/delete-user", { cookie: true, body: { token: "x" } }],
  ["delete-user", "POST", "/delete-user", { cookie: true, body: {} }],
  ["delete-user callback, nobody", "GET", "/delete-user/callback?token=x"],
  ["delete-user callback, unknown", "GET", "/delete-user/callback?token=x&callbackURL=/", { cookie: true }],
  ["delete-user callback, no token", "GET", "/delete-user/callback", { cookie: true }],
  // Mail
  ["reset, unknown", "POST", "/request-password-reset", json({ email: "nobody@example.com" })],
  ["reset, wrong address", "POST", "/request-password-reset", json({ email: "nobody" })],
  ["reset link, unknown", "GET", "/reset-password/abc?callbackURL=/reset%3Fa=b%23c"],
  ["reset link, no callback", "GET", "/reset-password/abc"],
  ["reset link, empty callback", "GET", "/reset-password/abc?callbackURL="],
  ["reset, no token", "POST", "/reset-password", json({ newPassword: "correct horse" })],
  ["reset, unknown token", "POST", "/reset-password?token=abc", json({ newPassword: "correct horse" })],
  ["reset, short", "POST", "/reset-password", json({ newPassword: "x", token: "abc" })],
  ["verify, no token", "GET", "/verify-email"],
  ["verify, two tokens", "GET", "/verify-email?token=a&token=b"],
  ["verify, bad token", "GET", "/verify-email?token=a.b.c"],
  ["verify, bad token, callback", "GET", "/verify-email?token=a&callbackURL=/x%23y"],
  ["send verification, other address", "POST", "/send-verification-email", { cookie: true, body: { email: "x@example.com" } }],
  ["send verification, unknown", "POST", "/send-verification-email", json({ email: "nobody@example.com" })],
  // Providers
  ["social", "POST", "/sign-in/social", json({ provider: "github", callbackURL: "/in" })],
  ["social, google, all there is", "POST", "/sign-in/social", json({ provider: "google", loginHint: "a@example.com", scopes: ["drive"], disableRedirect: true, additionalParams: { prompt: "consent" } })],
  ["social, reserved", "POST", "/sign-in/social", json({ provider: "github", additionalParams: { state: "x" } })],
  ["social, unknown", "POST", "/sign-in/social", json({ provider: "gitlab" })],
  ["social, nothing", "POST", "/sign-in/social", json({})],
  ["social, id token of GitHub", "POST", "/sign-in/social", json({ provider: "github", idToken: { token: "x" } })],
  ["social, bad id token", "POST", "/sign-in/social", json({ provider: "google", idToken: { token: "x" } })],
  ["link", "POST", "/link-social", { cookie: true, body: { provider: "github", callbackURL: "/x" } }],
  ["link, nobody", "POST", "/link-social", { body: { provider: "github" } }],
  ["callback, no state", "GET", "/callback/github?code=x"],
  ["callback, unknown state", "GET", "/callback/github?code=x&state=y"],
  ["callback, error", "GET", "/callback/github?error=access_denied&state=y"],
  ["callback by POST", "POST", "/callback/github", { text: "code=x&state=y", headers: { "content-type": "application/x-www-form-urlencoded" } }],
  ["callback, unknown provider", "GET", "/callback/gitlab?code=x&state=y"],
  ["access token, nobody", "POST", "/get-access-token", { body: { accountId: "x" } }],
  ["access token, unknown", "POST", "/get-access-token", { cookie: true, body: { accountId: "x" } }],
  ["refresh token, unknown", "POST", "/refresh-token", { cookie: true, body: { accountId: "x" } }],
  ["account info, unknown", "GET", "/account-info?accountId=x", { cookie: true }],
  ["account info, nobody", "GET", "/account-info?accountId=x"],
];

async function ask(server, [, method, path, make]) {
  const send = (method, path, { body, text, headers, cookie, origin = server.url } = {}) =>
    fetch(`${server.url}/api/auth${path}`, {
      method,
      redirect: "manual",
      body: body === undefined ? text : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(origin ? { origin } : {}),
        ...(cookie ? { cookie } : {}),
        ...headers,
      },
    });
  let options = { ...make };
  if (options.cookie || typeof make === "function") {
    const me = await signedIn(server, send);
    const other = await signedIn(server, send);
    await send("POST", "/sign-out", { body: {}, cookie: other.cookie });
    me.gone = other.cookie;
    if (typeof make === "function") options = make(me);
    if (options.cookie) options.cookie = me.cookie;
  }
  return answer(server, await send(method, path, options));
}

describe("both servers answer alike", () => {
  for (const request of requests) {
    test(request[0], async () => {
      assert.deepEqual(await ask(stack.router, request), await ask(stack.node, request));
    });
  }
});
