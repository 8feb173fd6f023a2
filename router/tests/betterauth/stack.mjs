// What the tests run against: the router, as `go run ./router dev` starts it, and
// beside it a Node server of Better Auth with the same database and secret.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { betterAuth } from "better-auth";
import { toNodeHandler } from "better-auth/node";
import pg from "pg";
import { startProvider } from "./provider.mjs";

export const secret = "the secret of both servers, 32 characters and more";
const root = path.resolve(import.meta.dirname, "../../..");

/** Starts everything; `stop` ends it. `env` are further settings of the router. */
export async function start(env = {}) {
  const provider = await startProvider();
  const server = createServer(); // listens from now on: nobody else gets its port meanwhile
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const router = await startRouter({
    BETTER_AUTH_SECRET: secret,
    BETTER_AUTH_TRUSTED_ORIGINS: url,
    ...provider.env,
    ...env,
  });
  const node = await startNode({ server, url, router, provider });
  return {
    router,
    node,
    provider,
    async stop() {
      await node.stop();
      await router.stop();
      await provider.stop();
    },
  };
}

async function startRouter(env) {
  const state = mkdtempSync(path.join(tmpdir(), "betterauth-"));
  const child = spawn("go", ["run", "./router", "dev", "--port", "0", "--state", state, "--no-watch"], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const addresses = path.join(state, "dev.json");
  while (!existsSync(addresses)) {
    const status = await Promise.race([ended.then((s) => s ?? "a signal"), sleep(200)]);
    if (status !== undefined) throw new Error(`dev ended with ${status}:\n${output}`);
  }
  const dev = JSON.parse(readFileSync(addresses, "utf8"));
  const mails = () =>
    existsSync(dev.mail_file) ? readFileSync(dev.mail_file, "utf8").trim().split("\n").filter(Boolean).map((line) => JSON.parse(line)) : [];
  return {
    name: "router",
    url: dev.app,
    database: dev.database_url,
    output: () => output,
    mails,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(state, { recursive: true, force: true });
    },
  };
}

async function startNode({ server, url, router, provider }) {
  // Better Auth has no setting for where GitHub and Google are.
  const fetchAnywhere = globalThis.fetch;
  globalThis.fetch = (input, init) => fetchAnywhere(provider.redirect(input), init);

  const pool = new pg.Pool({ connectionString: router.database });
  const mails = [];
  const collect = (to) => async (data) => { mails.push({ to: to(data), url: data.url, token: data.token }); };
  const auth = betterAuth({
    database: pool,
    secret,
    baseURL: url,
    trustedOrigins: [router.url],
    rateLimit: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: { enabled: true, sendResetPassword: collect((d) => d.user.email) },
    emailVerification: { sendVerificationEmail: collect((d) => d.user.email) },
    user: { changeEmail: { enabled: true }, deleteUser: { enabled: true } },
    socialProviders: {
      github: { clientId: provider.id, clientSecret: provider.secret },
      google: { clientId: provider.id, clientSecret: provider.secret },
    },
  });
  server.on("request", toNodeHandler(auth));
  return {
    name: "node",
    url,
    mails: () => mails,
    async stop() {
      server.closeAllConnections();
      server.close();
      await pool.end();
      globalThis.fetch = fetchAnywhere;
    },
  };
}
