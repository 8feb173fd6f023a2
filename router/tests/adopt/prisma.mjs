// Prisma: its schema engine writes the migration, its client uses them. The engine is the
// one that Prisma publishes as WebAssembly: the program that it downloads otherwise is
// not to be had everywhere.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import pg from "pg";

const require = createRequire(import.meta.url);
const file = (name) => new URL(name, import.meta.url);
const { devDependencies } = JSON.parse(readFileSync(file("package.json"), "utf8"));

export const tool = `Prisma ${devDependencies.prisma}, schema engine ${devDependencies["@prisma/schema-engine-wasm"].split(".5")[0]}`;

/** Runs what `prisma migrate diff --from-empty --script` prints. */
export async function make(url) {
  const glue = require("@prisma/schema-engine-wasm/schema_engine_bg");
  const wasm = readFileSync(require.resolve("@prisma/schema-engine-wasm").replace(/\.js$/, "_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(wasm, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const content = readFileSync(file("prisma.schema.prisma"), "utf8");
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }));
  const engine = await glue.SchemaEngine.new({ datamodels: [["schema.prisma", content]] }, () => {}, adapter);
  const { stdout } = await engine.diff({
    from: { tag: "empty" },
    to: { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(stdout);
  await client.end();
}

export async function use(url) {
  execFileSync("npx", ["prisma", "generate"], {
    cwd: import.meta.dirname,
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: "1" },
  });
  const { PrismaClient } = require("./node_modules/.prisma-blog");
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) });
  const n = Date.now();
  const user = await prisma.user.create({
    data: {
      email: `Ada.${n}@example.com`, roles: ["ADMIN", "Moderator"], scores: [1, 2], balance: "1.25", big: 2n ** 60n,
      profile: { create: { bio: "x" } },
      posts: { create: { slug: `first-${n}`, lang: "en", title: "It's" } },
    },
    include: { profile: true, posts: true },
  });
  await prisma.entry.create({ data: { what: { a: [1] } } });
  const found = await prisma.user.findUnique({ where: { email: `ada.${n}@EXAMPLE.com` }, include: { posts: true } });
  assert.equal(found.id, user.id);
  assert.deepEqual([found.role, found.roles, found.big, found.posts.length], ["USER", ["ADMIN", "Moderator"], 2n ** 60n, 1]);
  await prisma.user.delete({ where: { id: user.id } });
  await prisma.$disconnect();
}
