// Better Auth with plugins: its own migration makes the tables, its own server uses
// those of each plugin.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { apiKey } from "@better-auth/api-key";
import { passkey } from "@better-auth/passkey";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { admin, organization, twoFactor } from "better-auth/plugins";
import pg from "pg";

const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

export const tool = `Better Auth ${devDependencies["better-auth"]} with two-factor, admin, organization, passkey ${devDependencies["@better-auth/passkey"]} and api-key ${devDependencies["@better-auth/api-key"]}`;

const options = (pool) => ({
  database: pool,
  secret: "a secret of the test, 32 characters and more",
  baseURL: "http://127.0.0.1:3000",
  rateLimit: { enabled: true, storage: "database" },
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true },
  plugins: [twoFactor(), admin(), organization({ teams: { enabled: true } }), passkey(), apiKey()],
});

async function withPool(url, work) {
  const pool = new pg.Pool({ connectionString: url });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

export async function make(url) {
  await withPool(url, async (pool) => {
    const { runMigrations } = await getMigrations(options(pool));
    await runMigrations();
  });
}

/** What Better Auth itself finds missing. */
async function missing(pool) {
  const { toBeCreated, toBeAdded } = await getMigrations(options(pool));
  return [...toBeCreated, ...toBeAdded].map((t) => `${t.table}: ${Object.keys(t.fields)}`);
}

export async function use(url) {
  await withPool(url, async (pool) => {
    assert.deepEqual(await missing(pool), []);
    const { api, $context } = betterAuth(options(pool));
    const email = `ada.${Date.now()}@example.com`;
    const who = { name: "Ada", email, password: "correct horse battery" };
    await api.signUpEmail({ body: who });
    const answer = await api.signInEmail({ body: who, asResponse: true });
    const headers = new Headers({ cookie: answer.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ") });
    const { user } = await api.getSession({ headers });
    assert.equal(user.role, "user");

    const org = await api.createOrganization({ headers, body: { name: "Org", slug: `org-${Date.now()}` } });
    await api.createInvitation({ headers, body: { email: "b@example.com", role: "member", organizationId: org.id } });
    await api.createTeam({ headers, body: { name: "Team", organizationId: org.id } });
    const key = await api.createApiKey({ headers, body: { name: "key" } });
    assert.equal((await api.verifyApiKey({ body: { key: key.key } })).valid, true);
    await api.generatePasskeyRegistrationOptions({ headers, query: {} });
    assert.deepEqual(await api.listPasskeys({ headers }), []);
    await pool.query(`insert into passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp") values ($1, 'k', $1, $1, 0, 'x', false)`, [user.id]);
    assert.equal((await api.listPasskeys({ headers })).length, 1);
    await api.enableTwoFactor({ headers, body: { password: who.password } });

    const { internalAdapter } = await $context;
    await internalAdapter.updateUser(user.id, { role: "admin" });
    const other = await api.createUser({ headers, body: { name: "B", email: `b.${email}`, password: who.password } });
    await api.banUser({ headers, body: { userId: other.user.id, banReason: "x" } });
    await assert.rejects(api.signInEmail({ body: { ...who, email: `b.${email}` } }), /banned/i);
  });
}
