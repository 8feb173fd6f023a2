// A team moves from a Node server with the plugins "two-factor" and "admin", which the
// router does not serve: whom they keep out, it keeps out too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { admin, twoFactor } from "better-auth/plugins";
import pg from "pg";
import { browser, person } from "./browser.mjs";
import { secret, start } from "./stack.mjs";

let stack, pool, auth;
before(async () => {
  stack = await start();
  pool = new pg.Pool({ connectionString: stack.router.database });
  const options = {
    database: pool,
    secret,
    baseURL: stack.router.url,
    logger: { disabled: true },
    emailAndPassword: { enabled: true },
    plugins: [twoFactor({ skipVerificationOnEnable: true }), admin()],
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations(); // the router runs already
  auth = betterAuth(options);
});
after(async () => {
  await pool?.end();
  await stack?.stop();
});

/** Signs up with the Node server that has the plugins. */
async function signUp() {
  const who = person();
  const { headers, response } = await auth.api.signUpEmail({ body: who, returnHeaders: true });
  return { who, id: response.user.id, cookie: headers.getSetCookie().map((line) => line.split(";")[0]).join("; ") };
}

/** Returns who is signed in at the router with a cookie. */
async function session(cookie) {
  const answer = await fetch(`${stack.router.url}/api/auth/get-session`, { headers: { cookie } });
  return (await answer.json())?.user.email;
}

async function signIn(who) {
  const { data, error } = await browser(stack.router).client.signIn.email(who);
  return data ? "signed in" : `${error.status} ${error.code}`;
}

test("a second factor", async () => {
  const { who, cookie } = await signUp();
  assert.equal(await signIn(who), "signed in");
  const { headers } = await auth.api.enableTwoFactor({ body: { password: who.password }, headers: new Headers({ cookie }), returnHeaders: true });
  assert.equal(await signIn(who), "403 TWO_FACTOR_REQUIRED");
  const shown = headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  assert.equal(await session(shown || cookie), who.email.toLowerCase(), "who has shown it stays signed in");
});

test("a ban, and its end", async () => {
  const { who, id, cookie } = await signUp();
  assert.equal(await session(cookie), who.email.toLowerCase());
  const { internalAdapter } = await auth.$context;
  await internalAdapter.updateUser(id, { banned: true, banReason: "spam" });
  assert.equal(await session(cookie), undefined);
  assert.equal(await signIn(who), "403 BANNED_USER");
  await internalAdapter.updateUser(id, { banned: true, banExpires: new Date(Date.now() - 1000) });
  assert.equal(await signIn(who), "signed in");
});
