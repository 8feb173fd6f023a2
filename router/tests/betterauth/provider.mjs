// A small GitHub and Google: whoever comes is signed in as `person` and agrees.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";

const id = "the-client";
const secret = "the-client-secret";

export async function startProvider() {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const grants = new Map(); // by code
  const tokens = new Map(); // person by access token
  const p = { id, secret, person: undefined };

  const routes = {
    "GET /authorize"(url, _, answer) {
      const code = randomBytes(12).toString("hex");
      grants.set(code, { person: p.person, challenge: url.searchParams.get("code_challenge") });
      const back = new URL(url.searchParams.get("redirect_uri"));
      back.searchParams.set("code", code);
      back.searchParams.set("state", url.searchParams.get("state"));
      answer.writeHead(302, { Location: back.href }).end();
    },
    "POST /token"(_, body, answer) {
      const form = new URLSearchParams(body);
      if (form.get("client_id") !== id || form.get("client_secret") !== secret) return json(answer, { error: "invalid_client" }, 401);
      if (form.get("grant_type") === "refresh_token") {
        const person = tokens.get(form.get("refresh_token"));
        return person ? json(answer, issue(person)) : json(answer, { error: "invalid_grant" }, 400);
      }
      const grant = grants.get(form.get("code"));
      grants.delete(form.get("code")); // a code works once
      const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
      if (!grant || challenge !== grant.challenge) return json(answer, { error: "invalid_grant" }, 400);
      json(answer, issue(grant.person));
    },
    "GET /user"(url, _, answer, person) {
      json(answer, { id: person.id, login: person.name.toLowerCase(), name: person.name, email: person.email, avatar_url: person.picture });
    },
    "GET /user/emails"(url, _, answer, person) {
      json(answer, [{ email: person.email, primary: true, verified: person.verified }]);
    },
    "GET /keys"(_, __, answer) {
      json(answer, { keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] });
    },
  };

  function issue(person) {
    const access = randomBytes(12).toString("hex");
    const refresh = randomBytes(12).toString("hex");
    tokens.set(access, person).set(refresh, person);
    return {
      access_token: access, refresh_token: refresh, token_type: "Bearer", expires_in: 3600,
      scope: "openid email profile", id_token: p.idToken(person),
    };
  }

  p.idToken = (person, claims = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = part({ alg: "RS256", kid: "1" }) + "." + part({
      iss: "https://accounts.google.com", aud: id, sub: String(person.id), iat: now, exp: now + 3600,
      email: person.email, email_verified: person.verified, name: person.name, picture: person.picture, ...claims,
    });
    return text + "." + sign("RSA-SHA256", Buffer.from(text), keys.privateKey).toString("base64url");
  };

  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const url = new URL(request.url, p.url);
      const name = `${request.method} ${url.pathname.replace(/^\/(login\/oauth|api)/, "").replace("/access_token", "/token")}`;
      const person = tokens.get(request.headers.authorization?.replace("Bearer ", ""));
      if (!routes[name] || (name.startsWith("GET /user") && !person)) return answer.writeHead(404).end();
      routes[name](url, body, answer, person);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  p.url = `http://127.0.0.1:${server.address().port}`;
  p.stop = () => { server.closeAllConnections(); server.close(); };
  p.env = {
    GITHUB_CLIENT_ID: id, GITHUB_CLIENT_SECRET: secret, GITHUB_URL: p.url, GITHUB_API_URL: `${p.url}/api`,
    GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret, GOOGLE_AUTH_URL: `${p.url}/authorize`,
    GOOGLE_TOKEN_URL: `${p.url}/token`, GOOGLE_KEYS_URL: `${p.url}/keys`,
  };
  const places = {
    "https://github.com/login/oauth/access_token": "/token",
    "https://api.github.com/user": "/user",
    "https://api.github.com/user/emails": "/user/emails",
    "https://oauth2.googleapis.com/token": "/token",
    "https://www.googleapis.com/oauth2/v3/certs": "/keys",
  };
  /** Where a request for the real GitHub or Google is sent. */
  p.redirect = (input) => {
    const place = places[String(input?.url ?? input)];
    return place ? p.url + place : input;
  };
  /** The same for the address that a browser is led to. */
  p.authorize = (address) => {
    const url = new URL(address);
    return url.origin === p.url ? url.href : `${p.url}/authorize${url.search}`;
  };
  return p;
}

function json(answer, value, status = 200) {
  answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}
