// A team moves whose Better Auth calls its tables and columns otherwise: the router uses
// those that the Node server has made, and both go on with them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { admin, twoFactor } from "better-auth/plugins";
import pg from "pg";
import { browser, person } from "./browser.mjs";
import { secret, start } from "./stack.mjs";

const names = {
  user: {
    modelName: "people",
    fields: {
      name: "full_name", email: "email_address", emailVerified: "email_verified", createdAt: "created_at", updatedAt: "updated_at",
      twoFactorEnabled: "two_factor_enabled", banned: "is_banned", banExpires: "ban_expires",
    },
  },
  session: {
    modelName: "logins",
    fields: {
      userId: "user_id", expiresAt: "expires_at", ipAddress: "ip_address", userAgent: "user_agent", createdAt: "began_at", updatedAt: "updated_at",
    },
  },
  account: {
    modelName: "accounts",
    fields: {
      userId: "user_id", accountId: "account_id", providerId: "provider_id", accessToken: "access_token", refreshToken: "refresh_token", idToken: "id_token",
      accessTokenExpiresAt: "access_token_expires_at", refreshTokenExpiresAt: "refresh_token_expires_at", password: "hash", createdAt: "created_at", updatedAt: "updated_at",
    },
  },
  verification: { modelName: "verifications", fields: { expiresAt: "expires_at", createdAt: "created_at", updatedAt: "updated_at" } },
  rateLimit: { modelName: "rate_limits", fields: { lastRequest: "last_request" } },
};

/** What Better Auth takes: the fields of plugins are options of the plugins. */
function options(plugins = true) {
  const { twoFactorEnabled, banned, banExpires, ...fields } = names.user.fields;
  return {
    database: pool, secret, baseURL: node.url, trustedOrigins: [stack.router.url],
    logger: { disabled: true },
    emailAndPassword: { enabled: true },
    user: { modelName: names.user.modelName, fields },
    session: names.session,
    account: names.account,
    verification: names.verification,
    rateLimit: { enabled: true, storage: "database", max: 1e6, customRules: { "/*": { window: 1, max: 1e6 } }, ...names.rateLimit },
    plugins: plugins ? [
      twoFactor({ skipVerificationOnEnable: true, schema: { user: { fields: { twoFactorEnabled } } } }),
      admin({ schema: { user: { fields: { banned, banExpires } } } }),
    ] : [],
  };
}

let stack, pool, auth, server, node;
before(async () => {
  stack = await start({ BETTER_AUTH_NAMES: JSON.stringify(names) });
  pool = new pg.Pool({ connectionString: stack.router.database });
  // Only Better Auth's tables, made by Better Auth.
  await pool.query("DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS switchyard_internal CASCADE; CREATE SCHEMA public");
  server = createServer((request, response) => toNodeHandler(auth)(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  node = { name: "node", url: `http://127.0.0.1:${server.address().port}` };
  await (await getMigrations(options(false))).runMigrations();
  auth = betterAuth(options(false));
});
after(async () => {
  server?.closeAllConnections();
  server?.close();
  await pool?.end();
  await stack?.stop();
});

async function migrate(...args) {
  const env = { ...process.env, DATABASE_URL: stack.router.database, BETTER_AUTH_NAMES: JSON.stringify(names) };
  const { stdout } = await promisify(execFile)("go", ["run", "./router", "migrate", ...args], { cwd: path.resolve(import.meta.dirname, "../../.."), env });
  return stdout;
}

async function good(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

test("migrate uses the tables that are there", async () => {
  const who = person();
  await good(browser(node).client.signUp.email(who));
  const columns = () =>
    pool.query("SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name = ANY($1) ORDER BY 1, 2",
      [Object.values(names).map((m) => m.modelName)]).then(({ rows }) => rows);
  const before = await columns();
  await migrate();
  assert.deepEqual(await columns(), before);
  assert.match(await migrate("--plan"), /nothing to do/);
  const { rows } = await pool.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname IN ('user', 'session', 'account', 'verification', 'rateLimit')");
  assert.deepEqual(rows, []);
  assert.equal((await (await getMigrations(options(false))).compileMigrations()).trim(), ";", "Better Auth has nothing to add");
  await good(browser(stack.router).client.signIn.email(who));
});

test("what begins on one server goes on at the other", async () => {
  const who = person("Ænne Ω");
  const b = browser(node);
  const { user } = await good(b.client.signUp.email(who));
  const there = browser(stack.router);
  assert.equal((await good(there.client.signIn.email(who))).user.id, user.id);
  assert.equal((await good(there.client.listSessions())).length, 2);
  assert.equal((await good(there.client.listAccounts())).length, 1);
  await good(there.client.changePassword({ currentPassword: who.password, newPassword: "another battery" }));
  await good(there.client.updateUser({ name: "Renamed" }));

  assert.equal((await good(b.client.getSession())).user.name, "Renamed");
  assert.equal((await good(there.at(node).client.getSession())).user.id, user.id);
  await good(browser(node).client.signIn.email({ ...who, password: "another battery" }));
  const { error } = await browser(node).client.signIn.email(who);
  assert.equal(error.code, "INVALID_EMAIL_OR_PASSWORD");

  await good(there.client.revokeOtherSessions());
  assert.equal(await good(b.client.getSession()), null);
  assert.equal((await good(there.at(node).client.listSessions())).length, 1);
});

test("who signs up at the router", async () => {
  const who = person();
  const there = browser(stack.router);
  const { user } = await good(there.client.signUp.email(who));
  assert.equal((await good(browser(node).client.signIn.email(who))).user.id, user.id);
  await good(there.client.deleteUser({ password: who.password }));
  const { rows } = await pool.query("SELECT FROM people WHERE email_address = $1", [who.email]);
  assert.equal(rows.length, 0);
});

test("whom plugins keep out", async () => {
  await (await getMigrations(options())).runMigrations(); // the router runs already
  auth = betterAuth(options());
  const who = person();
  const b = browser(node);
  const { user } = await good(b.client.signUp.email(who));
  const { internalAdapter } = await auth.$context;
  const signIn = async () => (await browser(stack.router).client.signIn.email(who)).error?.code;
  await internalAdapter.updateUser(user.id, { twoFactorEnabled: true });
  assert.equal(await signIn(), "TWO_FACTOR_REQUIRED");
  await internalAdapter.updateUser(user.id, { banned: true });
  assert.equal(await signIn(), "BANNED_USER");
  assert.equal(await good(b.at(stack.router).client.getSession()), null);
});
