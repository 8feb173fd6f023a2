// The whole project on Railway: the router, its PostgreSQL and its bucket.
//
//   npm ci --prefix .railway    Railway's own package, which the next two use
//   railway config plan         show what would change
//   railway config apply        do it
//
// docs/deploy.md leads from an empty account to a healthy page. railway.toml says the
// same of the router to services that still use it; `make railway` compares the two.
import { bucket, defineRailway, postgres, preserve, project, ref, service } from "railway/iac";

export default defineRailway(() => {
  const database = postgres("postgres");
  // sjc, iad, ams or sin. A bucket stays where it was made: choose before the first apply.
  const files = bucket("files", { region: "ams" });

  const router = service("router", {
    // Say where the source is, or connect the repository in the dashboard:
    // source: github("you/your-fork"),
    build: {
      builder: "RAILPACK",
      buildCommand: "CGO_ENABLED=0 go build -trimpath -tags lambda.norpc,grpcnotrace,switchyard_release -ldflags='-s -w' -o bin/router ./router",
      // Commits that touch nothing of these are not deployed:
      // watchPatterns: ["functions/**", "shared/**", "schema/**", "router/**", "go.mod", "go.sum"],
    },
    preDeploy: ["./bin/router migrate"],
    start: "./bin/router serve",
    healthcheck: "/readyz",
    healthcheckTimeout: 60,
    deploy: {
      overlapSeconds: 10,
      drainingSeconds: 30, // with JOBS_IN_FLIGHT=keep: JOBS_KEEP_FOR too, 3700 for an hour
      restartPolicyType: "ON_FAILURE",
      restartPolicyMaxRetries: 10,
    },
    // More than one, or {"europe-west4-drams3a": 2} for each region:
    // replicas: 2,
    // Tracing has no field here while it is a preview: railway trace enable --service router
    env: {
      DATABASE_URL: database.env.DATABASE_URL,
      // Empty, and so not set, until PgBouncer is added: then DATABASE_URL leads to the pooler.
      DATABASE_UNPOOLED_URL: ref(database, "DATABASE_UNPOOLED_URL"),
      BUCKET: ref(files, "BUCKET"),
      ACCESS_KEY_ID: ref(files, "ACCESS_KEY_ID"),
      SECRET_ACCESS_KEY: ref(files, "SECRET_ACCESS_KEY"),
      ENDPOINT: ref(files, "ENDPOINT"),
      REGION: ref(files, "REGION"),
      // The public URL follows from RAILWAY_PUBLIC_DOMAIN, which is there once the service has a
      // domain (`railway domain`). With several domains say which: BETTER_AUTH_URL: "https://…".
      // Set once, by `railway variable set`; `router env` says what each is for.
      BETTER_AUTH_SECRET: preserve(),
      INNGEST_EVENT_KEY: preserve(),
      INNGEST_SIGNING_KEY: preserve(),
    },
  });

  return project("switchyard", { resources: [database, files, router] });
});
