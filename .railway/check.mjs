// Evaluates railway.ts with Railway's own package and compares what it says of
// the router with what railway.toml says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRailwayContext, project } from "railway/iac";
import { parse } from "smol-toml";
import program from "./build/railway.js";

const toml = parse(readFileSync("../railway.toml", "utf8"));
const { resources } = await program(createRailwayContext({ environment: "production" }), project);
const router = resources.find((resource) => resource.address === "service.router");
assert(router, "railway.ts defines no service called router");

// Strict: a text is not the number that it spells. Railway refuses such texts, too.
assert.deepEqual({ ...router.build }, toml.build);
assert.deepEqual({ ...router.deploy }, toml.deploy);
assert(!("BETTER_AUTH_URL" in router.variables), "BETTER_AUTH_URL would be https:// until there is a domain");
console.log(`railway.ts and railway.toml agree; resources: ${resources.map((r) => r.address).join(", ")}`);
