import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./drizzle.schema.mjs",
  out: process.env.OUT ?? "./drizzle",
  schemaFilter: ["public", "billing"],
  dbCredentials: { url: process.env.DATABASE_URL },
});
