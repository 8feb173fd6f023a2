// Drizzle: drizzle-kit writes the migration and runs it, its client uses the tables.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { customers, invoices, lines, orders, recent } from "./drizzle.schema.mjs";

const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

export const tool = `drizzle-kit ${devDependencies["drizzle-kit"]}`;

export async function make(url) {
  const out = mkdtempSync(path.join(tmpdir(), "drizzle-"));
  const env = { ...process.env, DATABASE_URL: url, OUT: out };
  for (const verb of ["generate", "migrate"]) {
    execFileSync("npx", ["drizzle-kit", verb, "--config", "drizzle.config.mjs"], { cwd: import.meta.dirname, env, stdio: ["ignore", "ignore", "inherit"] });
  }
  rmSync(out, { recursive: true });
}

export async function use(url) {
  const pool = new pg.Pool({ connectionString: url });
  const db = drizzle(pool);
  const email = `ada.${Date.now()}@example.com`;
  const [who] = await db.insert(customers).values({ email, moods: ["sad", "it's fine"], grid: [[1, 2]], code: email.slice(4, 8) }).returning();
  assert.deepEqual([who.mood, who.moods, who.meta, who.initials, who.balance], ["ok", ["sad", "it's fine"], { a: 1 }, "it", "0.00"]);
  const [order] = await db.insert(orders).values({ customerId: who.id, total: 20 }).returning();
  assert.ok(order.number >= 1000 && order.big >= 1);
  await db.insert(lines).values({ order: order.id, line: 1, select: "x" });
  const [bill] = await db.insert(invoices).values({ orderId: order.id }).returning();
  assert.equal(bill.state, "draft");
  assert.ok((await db.select().from(recent)).some((r) => r.id === order.id));
  await db.delete(invoices).where(eq(invoices.id, bill.id));
  await db.delete(customers).where(eq(customers.id, who.id));
  await pool.end();
}
