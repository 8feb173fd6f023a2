// A shop, with everything that Drizzle can say of a table in PostgreSQL.
import { sql } from "drizzle-orm";
import * as pg from "drizzle-orm/pg-core";

export const mood = pg.pgEnum("mood", ["sad", "ok", "it's fine", "Happy"]);
export const billing = pg.pgSchema("billing");
export const state = billing.enum("invoice_state", ["draft", "sent", "paid"]);

export const customers = pg.pgTable(
  "customers",
  {
    id: pg.uuid().primaryKey().defaultRandom(),
    email: pg.varchar({ length: 320 }).notNull().unique(),
    displayName: pg.text("displayName").notNull().default("it's \"new\""),
    mood: mood().notNull().default("ok"),
    moods: mood().array(),
    tags: pg.text().array().notNull().default(sql`'{}'::text[]`),
    grid: pg.integer().array().array(),
    meta: pg.jsonb().$type().notNull().default({ a: 1 }),
    raw: pg.json(),
    balance: pg.numeric({ precision: 12, scale: 2 }).notNull().default("0.00"),
    anyNumber: pg.numeric("any_number"),
    rating: pg.doublePrecision(),
    weight: pg.real(),
    flags: pg.smallint().notNull().default(0),
    code: pg.char({ length: 4 }),
    active: pg.boolean().notNull().default(true),
    born: pg.date(),
    opens: pg.time({ precision: 3 }),
    closes: pg.time({ withTimezone: true }),
    every: pg.interval({ fields: "day to second", precision: 3 }),
    whenever: pg.interval(),
    address: pg.inet(),
    net: pg.cidr(),
    mac: pg.macaddr(),
    place: pg.point(),
    bits: pg.bit({ dimensions: 8 }),
    createdAt: pg.timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    updatedAt: pg.timestamp("updated_at", { precision: 3, mode: "string" }).notNull().default(sql`CURRENT_TIMESTAMP`),
    search: pg
      .customType({ dataType: () => "tsvector" })("search")
      .generatedAlwaysAs(sql`to_tsvector('simple'::regconfig, "displayName")`),
    initials: pg.text().generatedAlwaysAs(sql`left("displayName", 2)`),
  },
  (t) => [
    pg.index("customers_active_idx").on(t.createdAt.desc().nullsLast()).where(sql`active AND email <> 'it''s'`),
    pg.index("customers_lower_idx").on(sql`lower(${t.email})`),
    pg.index("customers_meta_idx").using("gin", t.meta.op("jsonb_path_ops")),
    pg.index("customers_search_idx").using("gin", t.search),
    pg.index("customers_brin_idx").using("brin", t.updatedAt).with({ pages_per_range: "64" }),
    pg.uniqueIndex("customers_name_code").on(t.displayName, t.code),
    pg.check("customers_balance", sql`${t.balance} >= 0`),
    pg.check("customers mood", sql`mood <> 'sad' or active`),
  ],
);

export const orders = pg.pgTable(
  "orders",
  {
    id: pg.serial().primaryKey(),
    big: pg.bigserial({ mode: "number" }),
    number: pg.integer().generatedAlwaysAsIdentity({ startWith: 1000, increment: 10 }),
    other: pg.bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    customerId: pg.uuid("customer_id").notNull().references(() => customers.id, { onDelete: "cascade", onUpdate: "restrict" }),
    parent: pg.integer().references(() => orders.id, { onDelete: "set null" }),
    total: pg.bigint({ mode: "number" }).notNull().default(0),
  },
  (t) => [pg.unique("orders_total").on(t.customerId, t.total).nullsNotDistinct(), pg.index().on(t.parent)],
);

export const lines = pg.pgTable(
  "order-lines",
  {
    order: pg.integer("order").notNull(),
    line: pg.smallint().notNull(),
    "select": pg.text("select"),
  },
  (t) => [
    pg.primaryKey({ columns: [t.order, t.line] }),
    pg.foreignKey({ columns: [t.order], foreignColumns: [orders.id], name: "lines_order_fk" }).onDelete("cascade"),
  ],
);

export const invoices = billing.table(
  "invoices",
  {
    id: pg.bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    state: state().notNull().default("draft"),
    orderId: pg.integer("order_id").references(() => orders.id),
    due: pg.date().notNull().default(sql`CURRENT_DATE`),
  },
  (t) => [pg.uniqueIndex("invoices_open").on(t.orderId).where(sql`state <> 'paid'`)],
);

export const recent = pg.pgView("recent_orders").as((q) => q.select({ id: orders.id, total: orders.total }).from(orders).where(sql`${orders.total} > 10`));
export const totals = pg.pgMaterializedView("totals").as((q) =>
  q.select({ customer: orders.customerId, sum: sql`sum(${orders.total})`.as("sum") }).from(orders).groupBy(orders.customerId));
export const counter = pg.pgSequence("counter", { startWith: 5, increment: 5, maxValue: 5000, cycle: true });
export const reader = pg.pgPolicy("own_orders", { for: "select", to: "public", using: sql`true` }).link(orders);
