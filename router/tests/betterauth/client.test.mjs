// Every route by the official client, against the router and, with the same
// expectations, against the original.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browser, mail, person } from "./browser.mjs";
import { start } from "./stack.mjs";

let stack;
before(async () => (stack = await start()));
after(() => stack?.stop());

/** The data of an answer that must be a success. */
async function good(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

/** The error of an answer that must be one. */
async function bad(answer, status, code) {
  const { data, error } = await answer;
  assert.equal(data, null, JSON.stringify(data));
  assert.deepEqual({ status: error.status, code: error.code }, { status, code });
  return error;
}

/** How many days a session lasts. Node makes its two times one after the other, in no more than half a minute. */
const days = (session) => Math.round((session.expiresAt - session.createdAt) / 60_000) / 1440;

async function signedUp(server) {
  const who = person();
  const b = browser(server);
  const { user } = await good(b.client.signUp.email(who));
  return { ...b, who, user };
}

/** Signs in with a provider as a browser would. */
async function throughProvider(b, server, begun, as) {
  stack.provider.person = as;
  const { url } = await good(begun);
  const provider = await b.open(stack.provider.authorize(url));
  return b.open(provider.headers.get("location"));
}

for (const name of ["router", "node"]) {
  describe(name, () => {
    let server;
    before(() => (server = stack[name]));

    test("ok", async () => {
      assert.deepEqual(await good(browser(server).client.$fetch("/ok")), { ok: true });
    });

    test("signing up, in and out", async () => {
      const { client, who, user, cookie } = await signedUp(server);
      assert.equal(user.email, who.email);
      assert.ok(user.createdAt instanceof Date);
      assert.equal((await cookie("session_token")).maxAge, 604800);
      const session = await good(client.getSession());
      assert.equal(session.user.id, user.id);
      assert.equal(session.session.userId, user.id);
      assert.equal(days(session.session), 7);

      assert.deepEqual(await good(client.signOut()), { success: true });
      assert.equal(await good(client.getSession()), null);
      assert.equal(await cookie("session_token"), undefined);

      await bad(client.signIn.email({ ...who, password: "wrong password" }), 401, "INVALID_EMAIL_OR_PASSWORD");
      await bad(client.signIn.email({ ...who, email: "nobody@example.com" }), 401, "INVALID_EMAIL_OR_PASSWORD");
      await bad(client.signIn.email({ ...who, email: "not an address" }), 400, "INVALID_EMAIL");
      const again = await good(client.signIn.email({ ...who, email: who.email.toUpperCase(), callbackURL: "/dash" }));
      assert.deepEqual([again.redirect, again.url, again.user.id], [true, "/dash", user.id]);
      await bad(client.signUp.email(who), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      await bad(client.signUp.email({ ...person(), password: "short" }), 400, "PASSWORD_TOO_SHORT");
      await bad(client.signUp.email({ ...person(), password: "x".repeat(129) }), 400, "PASSWORD_TOO_LONG");
    });

    test("not remembered", async () => {
      const { client, who, cookie } = await signedUp(server);
      await good(client.signOut());
      await good(client.signIn.email({ ...who, rememberMe: false }));
      assert.ok([null, "Infinity"].includes((await cookie("session_token")).maxAge));
      assert.ok(await cookie("dont_remember"));
      const { session } = await good(client.getSession());
      assert.equal(days(session), 1);
      await good(client.signIn.email(who));
      assert.equal((await cookie("session_token")).maxAge, 604800);
      assert.equal(await cookie("dont_remember"), undefined);
    });

    test("changing name and picture", async () => {
      const { client } = await signedUp(server);
      assert.deepEqual(await good(client.updateUser({ name: "Grace <b>&\u2028", image: "https://x.example/a.png" })), { status: true });
      let { user } = await good(client.getSession());
      assert.deepEqual([user.name, user.image], ["Grace <b>&\u2028", "https://x.example/a.png"]);
      await good(client.updateUser({ image: null }));
      ({ user } = await good(client.getSession()));
      assert.equal(user.image, null);
      await bad(client.updateUser({ email: "x@example.com" }), 400, "EMAIL_CAN_NOT_BE_UPDATED");
      await bad(client.updateUser({ unknown: 1 }), 400, undefined);
      await bad(browser(server).client.updateUser({ name: "x" }), 401, "UNAUTHORIZED");
    });

    test("changing the password", async () => {
      const { client, who, at, cookie } = await signedUp(server);
      const other = browser(server);
      await good(other.client.signIn.email(who));
      await bad(client.changePassword({ currentPassword: "wrong", newPassword: "another horse" }), 400, "INVALID_PASSWORD");
      await bad(client.changePassword({ currentPassword: who.password, newPassword: "short" }), 400, "PASSWORD_TOO_SHORT");
      const kept = await good(client.changePassword({ currentPassword: who.password, newPassword: "another horse" }));
      assert.equal(kept.token, null);
      assert.ok(await good(other.client.getSession()));
      const before = (await cookie("session_token")).value;
      const revoked = await good(client.changePassword({ currentPassword: "another horse", newPassword: "third horse", revokeOtherSessions: true }));
      assert.ok(revoked.token);
      assert.notEqual((await cookie("session_token")).value, before);
      assert.equal(await good(other.client.getSession()), null);
      assert.ok(await good(at(server).client.getSession()));
      assert.deepEqual(await good(client.$fetch("/verify-password", { method: "POST", body: { password: "third horse" } })), { status: true });
      await bad(client.$fetch("/verify-password", { method: "POST", body: { password: "no" } }), 400, "INVALID_PASSWORD");
      await bad(client.signIn.email(who), 401, "INVALID_EMAIL_OR_PASSWORD");
    });

    test("sessions", async () => {
      const { client, who } = await signedUp(server);
      const [second, third] = [browser(server), browser(server)];
      await good(second.client.signIn.email(who));
      await good(third.client.signIn.email(who));
      const sessions = await good(client.listSessions());
      assert.equal(sessions.length, 3);
      const token = (await good(second.client.getSession())).session.token;
      assert.deepEqual(await good(client.revokeSession({ token })), { status: true });
      assert.equal(await good(second.client.getSession()), null);
      assert.deepEqual(await good(client.revokeSession({ token: "unknown" })), { status: true });
      assert.deepEqual(await good(client.revokeOtherSessions()), { status: true });
      assert.equal(await good(third.client.getSession()), null);
      assert.ok(await good(client.getSession()));
      await bad(client.$fetch("/update-session", { method: "POST", body: { theme: "dark" } }), 400, undefined);
      assert.deepEqual(await good(client.revokeSessions()), { status: true });
      assert.equal(await good(client.getSession()), null);
      await bad(client.listSessions(), 401, "UNAUTHORIZED");
    });

    test("a forgotten password", async () => {
      const { client, who, open } = await signedUp(server);
      const reset = await good(client.requestPasswordReset({ email: who.email, redirectTo: "/reset" }));
      assert.deepEqual(await good(client.requestPasswordReset({ email: "nobody@example.com", redirectTo: "/reset" })), reset);
      const { url, token } = await mail(server, who.email);
      assert.equal(url, `${server.url}/api/auth/reset-password/${token}?callbackURL=%2Freset`);
      const link = await open(url);
      assert.deepEqual([link.status, link.headers.get("location")], [302, `${server.url}/reset?token=${token}`]);
      await bad(client.resetPassword({ newPassword: "short", token }), 400, "PASSWORD_TOO_SHORT");
      assert.deepEqual(await good(client.resetPassword({ newPassword: "a new battery", token })), { status: true });
      await bad(client.resetPassword({ newPassword: "a new battery", token }), 400, "INVALID_TOKEN");
      assert.equal((await open(url)).headers.get("location"), `${server.url}/reset?error=INVALID_TOKEN`);
      await good(client.signIn.email({ ...who, password: "a new battery" }));
      await bad(client.requestPasswordReset({ email: who.email, redirectTo: "https://evil.example/" }), 403, "INVALID_REDIRECT_URL");
    });

    test("verifying the address", async () => {
      const { client, who, open } = await signedUp(server);
      await bad(client.sendVerificationEmail({ email: "other@example.com" }), 400, "EMAIL_MISMATCH");
      assert.deepEqual(await good(client.sendVerificationEmail({ email: who.email, callbackURL: "/verified?a=b" })), { status: true });
      const { url, token } = await mail(server, who.email);
      const link = await open(url);
      assert.deepEqual([link.status, link.headers.get("location")], [302, "/verified?a=b"]);
      assert.equal((await good(client.getSession())).user.emailVerified, true);
      assert.deepEqual(await good(client.verifyEmail({ query: { token } })), { status: true, user: null });
      await bad(client.verifyEmail({ query: { token: token + "x" } }), 401, "INVALID_TOKEN");
      assert.equal((await open("/api/auth/verify-email?token=bad&callbackURL=%2Fv%3Fa%3Db")).headers.get("location"), "/v?a=b&error=INVALID_TOKEN");
      await bad(client.sendVerificationEmail({ email: who.email }), 400, "EMAIL_ALREADY_VERIFIED");
    });

    test("changing the address", async () => {
      const { client, who, open } = await signedUp(server);
      const email = person().email;
      await bad(client.changeEmail({ newEmail: who.email.toUpperCase() }), 400, undefined);
      assert.deepEqual(await good(client.changeEmail({ newEmail: email, callbackURL: "/changed" })), { status: true });
      const { url } = await mail(server, email);
      assert.equal((await open(url)).headers.get("location"), "/changed");
      assert.equal((await good(client.getSession())).user.email, email);
      assert.match((await open(url)).headers.get("location"), /error=INVALID_TOKEN/);
      await good(browser(server).client.signIn.email({ ...who, email }));
    });

    test("deleting the account", async () => {
      const { client, who } = await signedUp(server);
      await bad(client.deleteUser({ password: "wrong" }), 400, "INVALID_PASSWORD");
      assert.deepEqual(await good(client.deleteUser({ password: who.password })), { success: true, message: "User deleted" });
      assert.equal(await good(client.getSession()), null);
      await bad(client.signIn.email(who), 401, "INVALID_EMAIL_OR_PASSWORD");
    });

    test("accounts", async () => {
      const { client, user } = await signedUp(server);
      const accounts = await good(client.listAccounts());
      assert.deepEqual(accounts.map((a) => [a.providerId, a.accountId, a.scopes]), [["credential", user.id, []]]);
      await bad(client.unlinkAccount({ accountId: accounts[0].id }), 400, "FAILED_TO_UNLINK_LAST_ACCOUNT");
    });

    for (const provider of ["github", "google"]) {
      test(`signing in with ${provider}`, async () => {
        const b = browser(server);
        const as = { id: Math.floor(Math.random() * 1e9), name: "Grace", email: person().email, verified: true, picture: "https://x.example/g.png" };
        const begin = () => b.client.signIn.social({ provider, callbackURL: "/in", newUserCallbackURL: "/new" });
        const first = await throughProvider(b, server, begin(), as);
        assert.deepEqual([first.status, first.headers.get("location")], [302, "/new"]);
        const { user } = await good(b.client.getSession());
        assert.deepEqual([user.name, user.email, user.emailVerified, user.image], ["Grace", as.email, true, as.picture]);
        const again = await throughProvider(b, server, begin(), as);
        assert.equal(again.headers.get("location"), "/in");
        assert.equal((await good(b.client.getSession())).user.id, user.id);

        const [account] = await good(b.client.listAccounts());
        assert.deepEqual([account.providerId, account.accountId, account.scopes], [provider, String(as.id), ["openid", "email", "profile"]]);
        const tokens = await good(b.client.getAccessToken({ accountId: account.id }));
        assert.ok(tokens.accessToken && tokens.accessTokenExpiresAt);
        const fresh = await good(b.client.refreshToken({ accountId: account.id }));
        assert.notEqual(fresh.accessToken, tokens.accessToken);
        const info = await good(b.client.accountInfo({ query: { accountId: account.id } }));
        assert.deepEqual([info.user.email, info.account.accountId], [as.email, String(as.id)]);

        // Somebody who has an account by password, with an address that is not verified.
        const { who } = await signedUp(server);
        const taken = await throughProvider(browser(server), server, browser(server).client.signIn.social({ provider }), { ...as, id: 1, email: who.email });
        assert.match(taken.headers.get("location"), /error=state_mismatch/); // another browser
        const c = browser(server);
        const refused = await throughProvider(c, server, c.client.signIn.social({ provider, errorCallbackURL: "/oops" }), { ...as, id: 2, email: who.email });
        assert.match(refused.headers.get("location"), /^\/oops\?error=account_not_linked/);
      });

      test(`linking ${provider}`, async () => {
        const b = await signedUp(server);
        const as = { id: Math.floor(Math.random() * 1e9), name: "Ada", email: b.who.email, verified: true };
        const linked = await throughProvider(b, server, b.client.linkSocial({ provider, callbackURL: "/linked" }), as);
        assert.equal(linked.headers.get("location"), "/linked");
        const accounts = await good(b.client.listAccounts());
        assert.deepEqual(accounts.map((a) => a.providerId).sort(), ["credential", provider].sort());
        const other = await throughProvider(b, server, b.client.linkSocial({ provider, callbackURL: "/linked", errorCallbackURL: "/oops" }), { ...as, id: 7, email: "x@example.com" });
        assert.match(other.headers.get("location"), /^\/oops\?error=email_does/);
        assert.deepEqual(await good(b.client.unlinkAccount({ accountId: accounts.find((a) => a.providerId === provider).id })), { status: true });
      });
    }

    test("signing in with Google's id token", async () => {
      const b = browser(server);
      const as = { id: Math.floor(Math.random() * 1e9), name: "Grace", email: person().email, verified: true };
      const token = stack.provider.idToken(as);
      const answer = await good(b.client.signIn.social({ provider: "google", idToken: { token } }));
      assert.deepEqual([answer.redirect, answer.user.email], [false, as.email]);
      assert.ok(await good(b.client.getSession()));
      for (const claims of [{ aud: "another" }, { iss: "https://evil.example" }, { exp: 1 }]) {
        const forged = stack.provider.idToken(as, claims);
        await bad(browser(server).client.signIn.social({ provider: "google", idToken: { token: forged } }), 401, "INVALID_TOKEN");
      }
      await bad(b.client.signIn.social({ provider: "nobody" }), 404, "PROVIDER_NOT_FOUND");
    });
  });
}
