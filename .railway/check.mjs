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

// railway.toml has these two as strings.
const deploy = {
  ...toml.deploy,
  overlapSeconds: Number(toml.deploy.overlapSeconds),
  drainingSeconds: Number(toml.deploy.drainingSeconds),
};
assert.deepEqual({ ...router.build }, toml.build);
assert.deepEqual({ ...router.deploy }, deploy);
console.log(`railway.ts and railway.toml agree; resources: ${resources.map((r) => r.address).join(", ")}`);
