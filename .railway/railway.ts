// The whole project on Railway: the router, its PostgreSQL and its bucket.
//
//   railway config plan     show what would change
//   railway config apply    do it
//
// railway.toml says the same of the router; `make railway` compares the two.
import { bucket, defineRailway, postgres, preserve, project, ref, service } from "railway/iac";

export default defineRailway(() => {
  const database = postgres("postgres");
  const files = bucket("files");

  const router = service("router", {
    // Say where the source is, or connect the repository in the dashboard:
    // source: github("you/your-fork"),
    build: {
      builder: "RAILPACK",
      buildCommand: "CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/router ./router",
    },
    preDeploy: ["./bin/router migrate"],
    start: "./bin/router serve",
    healthcheck: "/readyz",
    healthcheckTimeout: 60,
    deploy: {
      overlapSeconds: 10,
      drainingSeconds: 30,
      restartPolicyType: "ON_FAILURE",
      restartPolicyMaxRetries: 10,
    },
    env: {
      DATABASE_URL: database.env.DATABASE_URL,
      BUCKET: ref(files, "BUCKET"),
      ACCESS_KEY_ID: ref(files, "ACCESS_KEY_ID"),
      SECRET_ACCESS_KEY: ref(files, "SECRET_ACCESS_KEY"),
      ENDPOINT: ref(files, "ENDPOINT"),
      REGION: ref(files, "REGION"),
      BETTER_AUTH_URL: "https://${{RAILWAY_PUBLIC_DOMAIN}}",
      // Set once in the dashboard; `router env` says what each is for.
      BETTER_AUTH_SECRET: preserve(),
      INNGEST_EVENT_KEY: preserve(),
      INNGEST_SIGNING_KEY: preserve(),
    },
  });

  return project("switchyard", { resources: [database, files, router] });
});
