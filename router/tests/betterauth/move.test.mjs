// A team moves from Node to the router, or back: what was begun on one server is
// finished on the other.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browser, mail, person } from "./browser.mjs";
import { start } from "./stack.mjs";

let stack;
before(async () => (stack = await start()));
after(() => stack?.stop());

async function good(answer) {
  const { data, error } = await answer;
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

for (const [from, to] of [["node", "router"], ["router", "node"]]) {
  describe(`from ${from} to ${to}`, () => {
    let old, next, who, b;
    before(() => ([old, next] = [stack[from], stack[to]]));

    async function begin() {
      who = person("Ænne Ω");
      b = browser(old);
      return good(b.client.signUp.email(who));
    }

    test("users keep their passwords", async () => {
      await begin();
      const c = browser(next);
      const { user } = await good(c.client.signIn.email(who));
      assert.deepEqual([user.email, user.name], [who.email, who.name]);
    });

    test("browsers stay signed in", async () => {
      const { user } = await begin();
      const there = b.at(next);
      const session = await good(there.client.getSession());
      assert.equal(session.user.id, user.id);
      await good(there.client.updateUser({ name: "Renamed" }));
      assert.equal((await good(b.client.getSession())).user.name, "Renamed");
      assert.equal((await good(there.client.listSessions())).length, 1);
      await good(there.client.signOut());
      assert.equal(await good(b.client.getSession()), null);
    });

    test("a password reset", async () => {
      await begin();
      await good(b.client.requestPasswordReset({ email: who.email, redirectTo: "/reset" }));
      const { token, url } = await mail(old, who.email);
      const link = await browser(next).open(url.replace(old.url, next.url));
      assert.equal(link.headers.get("location"), `${next.url}/reset?token=${token}`);
      await good(browser(next).client.resetPassword({ newPassword: "another battery", token }));
      await good(browser(old).client.signIn.email({ ...who, password: "another battery" }));
    });

    test("a verification", async () => {
      await begin();
      await good(b.client.sendVerificationEmail({ email: who.email, callbackURL: "/" }));
      const { token } = await mail(old, who.email);
      await good(browser(next).client.verifyEmail({ query: { token } }));
      assert.equal((await good(b.client.getSession())).user.emailVerified, true);
    });

    test("a change of address", async () => {
      await begin();
      const email = person().email;
      await good(b.client.changeEmail({ newEmail: email }));
      const { token } = await mail(old, email);
      const { user } = await good(b.at(next).client.verifyEmail({ query: { token } }));
      assert.equal(user.email, email);
      await good(browser(old).client.signIn.email({ ...who, email }));
    });

    test("signing in with a provider", async () => {
      b = browser(old);
      const as = { id: Math.floor(Math.random() * 1e9), name: "Grace", email: person().email, verified: true };
      stack.provider.person = as;
      const { url } = await good(b.client.signIn.social({ provider: "github", callbackURL: "/in" }));
      const provider = await b.open(stack.provider.authorize(url));
      const back = provider.headers.get("location").replace(old.url, next.url);
      assert.equal((await b.open(back)).headers.get("location"), "/in");
      assert.equal((await good(b.client.getSession())).user.email, as.email);
    });

    test("linking a provider", async () => {
      await begin();
      stack.provider.person = { id: Math.floor(Math.random() * 1e9), name: "Ada", email: who.email, verified: true };
      const { url } = await good(b.client.linkSocial({ provider: "google", callbackURL: "/linked" }));
      const provider = await b.open(stack.provider.authorize(url));
      const back = provider.headers.get("location").replace(old.url, next.url);
      assert.equal((await b.open(back)).headers.get("location"), "/linked");
      assert.equal((await good(b.client.listAccounts())).length, 2);
    });

    test("an account that is deleted is gone on both", async () => {
      await begin();
      await good(b.at(next).client.deleteUser({ password: who.password }));
      assert.equal(await good(b.client.getSession()), null);
    });
  });
}
