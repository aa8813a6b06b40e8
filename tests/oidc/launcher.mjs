// An OpenID Connect provider (oidc-provider) on 127.0.0.1: node launcher.mjs PORT REDIRECT_URI CLIENT_SECRET
// POST /test/person {sub, claims...} adds somebody; POST /test/token {claims, key, alg} says how the next ID token
// is forged: claims over the real ones, a key that is not ours, "none" or a signature by the client's secret.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";
import { SignJWT, UnsecuredJWT, decodeJwt } from "jose";

const [port, redirect, secret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ours = pair();
const foreign = pair();
const people = new Map();
let forgery = null;

const provider = new Provider(issuer, {
  clients: [{
    client_id: "merzim",
    client_secret: secret,
    redirect_uris: [redirect],
    post_logout_redirect_uris: [redirect.replace("/login/oidc/callback", "/login")],
  }],
  claims: { email: ["email", "email_verified"], profile: ["name", "preferred_username", "groups"] },
  cookies: { keys: ["tests"] },
  jwks: { keys: [{ ...ours.export({ format: "jwk" }), kid: "ours", use: "sig", alg: "RS256" }] },
  pkce: { required: () => true },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...people.get(sub), sub }) }),
});

async function forged(token, { claims = {}, key = "ours", alg = "RS256" }) {
  const said = { ...decodeJwt(token), ...claims };
  if (alg === "none") return new UnsecuredJWT(said).encode();
  if (alg === "HS256") return new SignJWT(said).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  return new SignJWT(said).setProtectedHeader({ alg, kid: "ours" }).sign(key === "ours" ? ours : foreign);
}

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith("/test/")) {
    const parts = [];
    for await (const part of ctx.req) parts.push(part);
    const body = JSON.parse(Buffer.concat(parts).toString() || "null");
    if (ctx.path === "/test/person") people.set(body.sub, body);
    if (ctx.path === "/test/token") forgery = body;
    ctx.body = {};
    return;
  }
  await next();
  if (forgery && ctx.path === "/token" && ctx.body?.id_token) {
    ctx.body = { ...ctx.body, id_token: await forged(ctx.body.id_token, forgery) };
    forgery = null;
  }
});
provider.listen(Number(port), "127.0.0.1");
